"""What was sold by a reservation comes back, all of it: a booking that it went with was cancelled."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.core.errors import InvalidState
from jobs.models import Tenant
from stock.models import Movement, Reservation, ReservationLine
from stock.services import ledger, settling
from stock.services.ledger import Kind, Move


@transaction.atomic
def take_back(tenant: Tenant | str, id: UUID, by: Any = None, why: str = "") -> Reservation:
    """Each unit is on hand again where it came from, at the cost and the price at which it was sold; what was still owed is owed
    no more. Asked again, nothing more comes. Raises InvalidState for one that is not sold, NotFound."""
    row = settling.locked(tenant, id)
    if row.state != Reservation.State.CONFIRMED:
        raise InvalidState(f"The reservation is {row.state}: nothing of it was sold.")
    costs = _costs(row)
    moves = [_back(line, costs) for line in row.lines.exclude(location=None)]
    ledger.post(moves, f"returned:{row.pk}", by=by, why=why)
    row.lines.filter(location=None).delete()
    return row


def _costs(row: Reservation) -> dict[tuple[int, int], Decimal | None]:
    sold = Movement.objects.filter(reference=f"reservation:{row.pk}", kind=Kind.SOLD)
    return {(move.product_id, move.location_id or 0): move.unit_cost for move in sold}


def _back(line: ReservationLine, costs: dict[tuple[int, int], Decimal | None]) -> Move:
    place = line.location_id or 0
    return Move(line.product_id, place, Kind.RETURNED, line.quantity, costs.get((line.product_id, place)), line.price)
