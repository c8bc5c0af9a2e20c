"""What was sold by a reservation comes back, all of it: a booking that it went with was cancelled."""

from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.core.errors import InvalidState
from jobs.models import Tenant
from stock.models import Movement, Reservation
from stock.services import ledger, settling
from stock.services.ledger import Move


@transaction.atomic
def take_back(tenant: Tenant | str, id: UUID, by: Any = None, why: str = "") -> Reservation:
    """Each unit is on hand again where it came from; what was still owed is owed no more. Asked again, nothing more comes.
    Raises InvalidState for one that is not sold, NotFound."""
    row = settling.locked(tenant, id)
    if row.state != Reservation.State.CONFIRMED:
        raise InvalidState(f"The reservation is {row.state}: nothing of it was sold.")
    sold = row.lines.exclude(location=None)
    moves = [Move(line.product_id, line.location_id or 0, Movement.Kind.RETURNED, line.quantity) for line in sold]
    ledger.post(moves, f"returned:{row.pk}", by=by, why=why)
    row.lines.filter(location=None).delete()
    return row
