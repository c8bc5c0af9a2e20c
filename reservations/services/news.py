"""Telling what became of seats and bookings, with the transaction that did it: the live maps listen, tickets follow."""

from collections.abc import Collection, Sequence
from uuid import UUID

from jobs.declare import Payload, event
from reservations.models import Booking, Show, WaitingEntry


class SeatsChanged(Payload):
    """Seats of a show are something else now; the subject is the show."""

    seats: list[int]
    status: str


class BookingChanged(Payload):
    """A booking was made, changed or given back; the subject is the booking. `revision` counts its changes."""

    booking: UUID
    number: str
    show: int
    revision: int


class TicketsDelivered(Payload):
    """The tickets of a booking, or the news of its cancellation, are with the mail server; the subject is the booking."""

    booking: UUID
    revision: int


class WaitingChanged(Payload):
    """A party on the waiting list was offered seats as a hold, or its offer is over; the subject is the show."""

    entry: UUID
    hold: UUID
    size: int
    offers: int


class TicketUsed(Payload):
    """Someone came in with a ticket, or a second one did where the door had no network; the subject is the show."""

    ticket: UUID
    door: str


CHANGES = {name: event(f"seats.{name}", SeatsChanged, public=True) for name in ("held", "released", "booked", "blocked")}
BOOKINGS = {name: event(f"booking.{name}", BookingChanged) for name in ("confirmed", "changed", "cancelled")}
WAITING = {name: event(f"waiting.{name}", WaitingChanged) for name in ("offered", "lapsed")}
ENTRIES = {name: event(f"ticket.{name}", TicketUsed) for name in ("entered", "doubled")}
DELIVERED = event("tickets.delivered", TicketsDelivered)


def tell(name: str, show: Show, seats: Collection[int], status: str) -> None:
    """`seats.<name>` with the ids and what they are now; nothing for no seats."""
    if seats:
        CHANGES[name].publish(SeatsChanged(seats=sorted(seats), status=status), subject=show.subject, tenant=show.tenant)


def tell_of_bookings(name: str, bookings: Sequence[Booking]) -> None:
    """`booking.<name>` for each of these bookings of one tenant."""
    if bookings:
        told = [(f"booking:{b.pk}", BookingChanged(booking=b.pk, number=b.number, show=b.show_id, revision=b.revision)) for b in bookings]
        BOOKINGS[name].publish_many(told, tenant=bookings[0].tenant)


def tell_of_delivery(booking: Booking) -> None:
    """`tickets.delivered` of the booking as it is now."""
    told = TicketsDelivered(booking=booking.pk, revision=booking.revision)
    DELIVERED.publish(told, subject=f"booking:{booking.pk}", tenant=booking.tenant)


def tell_of_waiting(name: str, entries: Sequence[WaitingEntry]) -> None:
    """`waiting.<name>` for each of these parties, all of one show."""
    told = [WaitingChanged(entry=e.pk, hold=e.offer_id, size=e.size, offers=e.offers) for e in entries if e.offer_id]
    if told:
        show = entries[0].show
        WAITING[name].publish_many([(show.subject, one) for one in told], tenant=show.tenant)


def tell_of_entry(name: str, show: Show, ticket: UUID, door: str) -> None:
    """`ticket.entered`, or `ticket.doubled`."""
    ENTRIES[name].publish(TicketUsed(ticket=ticket, door=door), subject=show.subject, tenant=show.tenant)
