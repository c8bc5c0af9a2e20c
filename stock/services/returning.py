"""What was sold by a reservation comes back: a booking that it went with was cancelled, or wants it no more."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from jobs.core.errors import InvalidState
from jobs.models import Tenant
from stock.models import Movement, Reservation, ReservationLine
from stock.services import ledger, settling
from stock.services.ledger import Kind, Move


@transaction.atomic
def take_back(tenant: Tenant | str, id: UUID, by: Any = None, why: str = "") -> Reservation:
    """Each unit is on hand again where it came from, at the cost and the price at which it was sold; what was still owed is owed
    no more. Asked again, nothing more comes. Raises InvalidState for one that is not sold, NotFound."""
    row = _sold(tenant, id)
    costs = _costs(row)
    moves = [_back(line, line.quantity, costs) for line in row.lines.exclude(location=None)]
    ledger.post(moves, f"returned:{row.pk}", by=by, why=why)
    row.lines.filter(location=None).delete()
    return row


@transaction.atomic
def take_back_some(tenant: Tenant | str, id: UUID, product: int, units: int, by: Any = None, why: str = "") -> None:
    """So many units of one product: what is still owed first, then what was sold. Raises InvalidState, NotFound."""
    row = _sold(tenant, id)
    costs = _costs(row)
    for line in row.lines.filter(product=product).order_by(F("location").asc(nulls_first=True)):
        back = min(units, line.quantity)
        units -= back
        line.quantity -= back
        if back and line.location_id:
            # Nothing is owed any more by then, so the line only shrinks: each return from it has a reference of its own.
            ledger.post([_back(line, back, costs)], f"returned:{row.pk}:{line.quantity}", by=by, why=why)
        _keep(line)
    if units:
        raise InvalidState("So many units of it were not sold.")


def _keep(line: ReservationLine) -> None:
    if line.quantity:
        line.save(update_fields=["quantity"])
    else:
        line.delete()


def _sold(tenant: Tenant | str, id: UUID) -> Reservation:
    row = settling.locked(tenant, id)
    if row.state != Reservation.State.CONFIRMED:
        raise InvalidState(f"The reservation is {row.state}: nothing of it was sold.")
    return row


def _costs(row: Reservation) -> dict[tuple[int, int], Decimal | None]:
    sold = Movement.objects.filter(reference=f"reservation:{row.pk}", kind=Kind.SOLD)
    return {(move.product_id, move.location_id or 0): move.unit_cost for move in sold}


def _back(line: ReservationLine, units: int, costs: dict[tuple[int, int], Decimal | None]) -> Move:
    place = line.location_id or 0
    return Move(line.product_id, place, Kind.RETURNED, units, costs.get((line.product_id, place)), line.price)
