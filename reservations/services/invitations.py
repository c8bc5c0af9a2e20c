"""A booking for the buyer's calendar (iCalendar, RFC 5545): one entry that later revisions replace."""

from datetime import UTC

from django.utils import timezone
from icalendar import Calendar, Event

from reservations.models import Booking
from reservations.queries import seating


def of(booking: Booking) -> bytes:
    """The entry as it is now; for a cancelled booking, what takes it out again."""
    calendar = Calendar()
    calendar.add("prodid", "-//Conveyor//Seats//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if _cancelled(booking) else "PUBLISH")
    calendar.add_component(_event(booking))
    return bytes(calendar.to_ical())


def _cancelled(booking: Booking) -> bool:
    return booking.state == Booking.State.CANCELLED


def _event(booking: Booking) -> Event:
    show, venue = booking.show, booking.show.map.venue
    event = Event()
    event.add("uid", f"booking-{booking.pk}@conveyor")
    event.add("sequence", booking.revision - 1)
    event.add("dtstamp", timezone.now().astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", show.starts_at.astimezone(UTC))
    event.add("dtend", show.ends_at.astimezone(UTC))
    event.add("summary", show.name)
    event.add("location", venue.whereabouts)
    event.add("description", f"Booking {booking.number}\n" + "\n".join(seats_in_words(booking)))
    event.add("status", "CANCELLED" if _cancelled(booking) else "CONFIRMED")
    return event


def seats_in_words(booking: Booking) -> list[str]:
    """The seats of its valid tickets, one a line."""
    ids = list(booking.tickets.filter(cancelled_at=None).values_list("show_seat_id", flat=True))
    return [seating.in_words(seat) for seat in seating.of_seats(ids)]
