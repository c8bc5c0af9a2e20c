"""A show's times as its buyers know them: who has booked gets new tickets and a new calendar entry when they change."""

from datetime import UTC, datetime

from django.db.models import F
from django.utils import timezone

from reservations.models import Booking, Show
from reservations.services import news

WORDS = {"starts_at": "It starts", "doors_at": "The doors open", "ends_at": "It ends"}
Times = dict[str, str | None]


def of(show: Show) -> Times:
    """The moments that a ticket and a calendar tell, to the minute."""
    return {name: at.astimezone(UTC).isoformat(timespec="minutes") if (at := getattr(show, name)) else None for name in WORDS}


def tell(show: Show, was: Times) -> int:
    """A new revision for each booking of a show whose times were others, and with it a mail; answers how many. The show is locked.

    Nobody is told of what is over. What a buyer knows is kept until a mail has told them better.
    """
    if of(show) == was or show.ends_at <= timezone.now():
        return 0
    booked = Booking.objects.filter(show=show, state=Booking.State.CONFIRMED)
    booked.filter(times_told__isnull=True).update(times_told=was)
    booked.update(revision=F("revision") + 1)
    rows = list(booked.select_related("tenant"))
    news.tell_of_bookings("changed", rows)
    return len(rows)


def in_words(booking: Booking) -> list[str]:
    """How the times differ from those that its buyer knows, one a line: It starts on Friday, 4 December 2026, 20:00, not on ..."""
    now, was = of(booking.show), booking.times_told or {}
    return [_line(booking, word, at, was[name]) for name, word in WORDS.items() if (at := now[name]) and at != was.get(name, at)]


def _line(booking: Booking, word: str, now: str, was: str | None) -> str:
    there = booking.show.map.venue.zone
    new, old = (f"{datetime.fromisoformat(at).astimezone(there):%A, %-d %B %Y, %H:%M}" if at else "" for at in (now, was))
    return f"{word} on {new}, not on {old}." if old else f"{word} on {new}."


def told(booking: Booking) -> None:
    """The mail of this revision is out: its buyer knows the times."""
    Booking.objects.filter(pk=booking.pk, revision=booking.revision).update(times_told=None)
