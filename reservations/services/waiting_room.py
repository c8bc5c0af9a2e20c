"""The waiting room of a rush: who is early draws a lot, who comes later queues behind; admission at the pace that is measured.

A place belongs to a visitor, so a reload, a second tab and the back button find the same. Who is not seen for a while is passed over,
not struck off: back again, they are still where they were.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from jobs.models import Job
from reservations.core import pacing
from reservations.core.pacing import Pace
from reservations.models import RoomPace, RoomPlace, Show, ShowSeat

OPENS_BEFORE = timedelta(minutes=30)
GOOD_FOR = timedelta(minutes=15)
SEEN = timedelta(seconds=45)
LATELY = timedelta(minutes=1)
AT_ONCE = 500
MEASURED = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a visitor is. `seconds`: until their turn, None where that can't be told honestly."""

    state: str
    ahead: int = 0
    seconds: float | None = None
    until: datetime | None = None
    free: int = 0


def arrive(show: Show, visitor: str, dice: Callable[[], float] = random.random, now: datetime | None = None) -> Standing:
    """Take a place or find one's own again, and see whether it is one's turn."""
    now = now or timezone.now()
    if now < show.on_sale_from - OPENS_BEFORE or now >= show.on_sale_until:
        return Standing("closed")
    place, _ = RoomPlace.objects.get_or_create(
        show=show, visitor=visitor, defaults={"turn": _turn(show, now, dice), "arrived_at": now, "seen_at": now}
    )
    _see(show, place, now, dice)
    if now >= show.on_sale_from:
        admit(show, now)
        place.refresh_from_db()
    return standing(show, place, now)


def _turn(show: Show, now: datetime, dice: Callable[[], float]) -> float:
    """0 to 1 by lot before the sale, 1 and the seconds since then after it."""
    late = (now - show.on_sale_from).total_seconds()
    return 1.0 + late if late >= 0 else dice()


def _see(show: Show, place: RoomPlace, now: datetime, dice: Callable[[], float]) -> None:
    """Whose admission is over queues again, behind who waits now."""
    place.seen_at = now
    if place.until and place.until <= now:
        place.turn, place.admitted_at, place.until = _turn(show, now, dice), None, None
    place.save(update_fields=["seen_at", "turn", "admitted_at", "until"])


def standing(show: Show, place: RoomPlace, now: datetime) -> Standing:
    """What is told to a visitor."""
    if place.until and place.until > now:
        return Standing("admitted", until=place.until)
    if now < show.on_sale_from:
        return Standing("early", seconds=(show.on_sale_from - now).total_seconds())
    ahead = _present(show, now).filter(turn__lt=place.turn).count()
    lately = RoomPlace.objects.filter(show=show, admitted_at__gt=now - LATELY).count()
    since = min(LATELY.total_seconds(), max(1.0, (now - show.on_sale_from).total_seconds()))
    return Standing("waiting", ahead, pacing.estimate(ahead + 1, lately, since), free=_free(show, now))


def _present(show: Show, now: datetime) -> "QuerySet[RoomPlace]":
    return RoomPlace.objects.filter(show=show, admitted_at=None, seen_at__gt=now - SEEN)


def _free(show: Show, now: datetime) -> int:
    seats = ShowSeat.objects.filter(show=show)
    return seats.filter(state="free").count() + seats.filter(state="held", held_until__lte=now).count()


@transaction.atomic
def admit(show: Show, now: datetime) -> int:
    """Let in whom time, measured latency and free seats allow; who comes while another does so does nothing."""
    RoomPace.objects.get_or_create(show=show, defaults={"at": max(show.on_sale_from, now - timedelta(seconds=1))})
    row = RoomPace.objects.select_for_update(skip_locked=True).filter(show=show, at__lt=now).first()
    if row is None:
        return 0
    pace = pacing.adapt(Pace(row.rate, row.owed), latency(now), (now - row.at).total_seconds())
    waiting = _present(show, now)
    count, pace = pacing.let_in(pace, waiting.count(), _inside(show, now), _free(show, now))
    chosen = list(waiting.order_by("turn", "pk").values_list("pk", flat=True)[: min(count, AT_ONCE)])
    RoomPlace.objects.filter(pk__in=chosen).update(admitted_at=now, until=now + GOOD_FOR)
    row.rate, row.owed, row.at = pace.rate, pace.owed, now
    row.save(update_fields=["rate", "owed", "at"])
    return len(chosen)


def latency(now: datetime) -> float | None:
    """How long the last holds took from their submission to their end, in seconds; one that is not answered yet counts as it is."""
    last = Job.objects.filter(type="seats.hold", submitted_at__gt=now - LATELY).order_by("-pk").values_list("submitted_at", "finished_at")
    took = [((finished or now) - submitted).total_seconds() for submitted, finished in last[:MEASURED]]
    return sorted(took)[int(0.9 * len(took))] if took else None


def _inside(show: Show, now: datetime) -> int:
    """Let in and still choosing: who has booked needs no room any more."""
    inside = RoomPlace.objects.filter(show=show, until__gt=now)
    return inside.exclude(visitor__in=show.bookings.filter(booked_at__gt=now - GOOD_FOR).values("buyer")).count()


def admit_all() -> int:
    """One step for each show that has a rush now; answers how many were let in."""
    now = timezone.now()
    rushes = Show.objects.published().filter(waiting_room=True, on_sale_from__lte=now, on_sale_until__gt=now)
    return sum(admit(show, now) for show in rushes)


def is_admitted(show: Show, visitor: str) -> bool:
    return RoomPlace.objects.filter(show=show, visitor=visitor, until__gt=timezone.now()).exists()
