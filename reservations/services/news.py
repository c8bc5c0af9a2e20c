"""Telling what became of seats, with the transaction that did it: the live maps listen."""

from collections.abc import Collection

from jobs.declare import Payload, event
from reservations.models import Show


class SeatsChanged(Payload):
    """Seats of a show are something else now; the subject is the show."""

    seats: list[int]
    status: str


CHANGES = {name: event(f"seats.{name}", SeatsChanged, public=True) for name in ("held", "released", "booked", "blocked")}


def tell(name: str, show: Show, seats: Collection[int], status: str) -> None:
    """`seats.<name>` with the ids and what they are now; nothing for no seats."""
    if seats:
        CHANGES[name].publish(SeatsChanged(seats=sorted(seats), status=status), subject=show.subject, tenant=show.tenant)
