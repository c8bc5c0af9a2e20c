"""How a reservation ends by someone's wish: confirmed (sold) or released; and how it is kept longer. Each may be asked twice."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.core.errors import InvalidInput, InvalidState, NotFound
from jobs.models import Tenant
from stock.models import Reservation, ReservationLine
from stock.services import holdings, ledger, levels, news
from stock.services.ledger import Kind, Move

SHORTEST, LONGEST = timedelta(seconds=5), timedelta(hours=1)
# However often it is extended, from the moment it was made.
CEILING = timedelta(hours=4)


class ReservationOver(InvalidState):
    """Its time is over; the units may be another's by now."""

    code = "reservation_expired"


@transaction.atomic
def confirm(tenant: Tenant | str, id: UUID, by: Any = None) -> Reservation:
    """Sell what it holds. What is owed stays owed. Raises ReservationOver, InvalidState, NotFound."""
    row = locked(tenant, id)
    if row.state == Reservation.State.CONFIRMED:
        return row
    _must_be_active(row)
    holdings.give_back([row.pk])
    lines = row.lines.exclude(location=None)
    moves = [Move(line.product_id, line.location_id or 0, Kind.SOLD, -line.quantity, price=line.price) for line in lines]
    ledger.post(moves, f"reservation:{row.pk}", by=by)
    return _end(row, Reservation.State.CONFIRMED)


@transaction.atomic
def release(tenant: Tenant | str, id: UUID, by: Any = None) -> Reservation:
    """Give back what it holds; one that is over already stays as it is. Raises InvalidState for a sold one, NotFound."""
    row = locked(tenant, id)
    if row.state != Reservation.State.ACTIVE:
        if row.state == Reservation.State.CONFIRMED:
            raise InvalidState("It is confirmed: what is sold comes back as a return.")
        return row
    holdings.give_back([row.pk])
    return _end(row, Reservation.State.RELEASED)


@transaction.atomic
def extend(tenant: Tenant | str, id: UUID, ttl: timedelta) -> Reservation:
    """Keep it for `ttl` from now, never shorter than it was, and not past the ceiling. Raises ReservationOver, InvalidState."""
    check_ttl(ttl)
    row = locked(tenant, id)
    _must_be_active(row)
    row.expires_at = max(row.expires_at, min(timezone.now() + ttl, row.made_at + CEILING))
    row.save(update_fields=["expires_at"])
    return row


def check_ttl(ttl: timedelta) -> None:
    if not SHORTEST <= ttl <= LONGEST:
        raise InvalidInput(f"A reservation is kept for {SHORTEST.seconds} to {LONGEST.seconds} seconds.", {"ttl": "is out of bounds"})


def locked(tenant: Tenant | str, id: UUID) -> Reservation:
    """The reservation, read after its products are locked: from here on nobody else ends it."""
    mine = Reservation.objects.select_related("tenant").filter(pk=id, tenant__slug=getattr(tenant, "slug", tenant))
    levels.lock(ReservationLine.objects.filter(reservation__in=mine).values_list("product", flat=True))
    row = mine.first()
    if row is None:
        raise NotFound(f"There is no reservation {id}.")
    return row


def _must_be_active(row: Reservation) -> None:
    if row.state_now() == Reservation.State.EXPIRED:
        raise ReservationOver("Its time is over. Reserve again.")
    if row.state != Reservation.State.ACTIVE:
        raise InvalidState(f"The reservation is {row.state}.")


def _end(row: Reservation, state: Reservation.State) -> Reservation:
    row.state, row.ended_at = state, timezone.now()
    row.save(update_fields=["state", "ended_at"])
    news.ended([row], state)
    return row
