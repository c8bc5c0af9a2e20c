"""Telling what became of seats and bookings, with the transaction that did it: the live maps listen, tickets follow."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from uuid import UUID

from jobs.declare import Payload, event
from reservations.models import Booking, Show, WaitingEntry, Zone


class SeatsChanged(Payload):
    """Seats of a show are something else now; the subject is the show."""

    seats: list[int]
    status: str


class SeatsPriced(Payload):
    """A zone of a show is called or costs something else from now on; the subject is the show. `seats`: those that were put into it."""

    zone: int
    name: str
    price: Decimal
    colour: str
    seats: list[int] = []


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


AT_ONCE = 5000
CHANGES = {name: event(f"seats.{name}", SeatsChanged, public=True) for name in ("held", "released", "booked", "blocked")}
PRICED = event("seats.priced", SeatsPriced, public=True)
BOOKINGS = {name: event(f"booking.{name}", BookingChanged) for name in ("confirmed", "changed", "cancelled")}
WAITING = {name: event(f"waiting.{name}", WaitingChanged) for name in ("offered", "lapsed")}
ENTRIES = {name: event(f"ticket.{name}", TicketUsed) for name in ("entered", "doubled")}
DELIVERED = event("tickets.delivered", TicketsDelivered)


def tell(name: str, show: Show, seats: Collection[int], status: str) -> None:
    """`seats.<name>` with the ids and what they are now; nothing for no seats."""
    if seats:
        CHANGES[name].publish(SeatsChanged(seats=sorted(seats), status=status), subject=show.subject, tenant=show.tenant)


def tell_of_price(show: Show, zone: Zone, seats: Sequence[int] = ()) -> None:
    """`seats.priced`; nothing of a show that buyers don't see. Many seats are told in several events."""
    if show.state != Show.State.DRAFT:
        for start in range(0, len(seats) or 1, AT_ONCE):
            told = SeatsPriced(
                zone=zone.pk, name=zone.name, price=zone.price, colour=zone.colour, seats=list(seats[start : start + AT_ONCE])
            )
            PRICED.publish(told, subject=show.subject, tenant=show.tenant)


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
