"""What a shop does without the queue: a lock on the level's row, held for the statements of one request.

A worker that is started with `--include stock.bench.row_lock` performs `stock.reserve` like this, everything else being
equal: the same messages, claims and reports.
"""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from stock.models import Level, Refusal, Reservation, ReservationLine
from stock.services import answers, reserving
from stock.services.allocation import Shelf, Short, Taken
from stock.services.answers import Refused, Reserved
from stock.services.reserving import Request


def apply(requests: Sequence[Request]) -> list[Reserved | Refused]:
    """Single lines of products that lie at one location, one after the other."""
    return [_once(request) for request in requests]


def _once(request: Request) -> Reserved | Refused:
    """A request that was answered before is known by its reference, which the database keeps unique."""
    try:
        return _alone(request)
    except IntegrityError:
        return answers.recall([(request.tenant, request.reference)])[request.tenant, request.reference]


@transaction.atomic
def _alone(request: Request) -> Reserved | Refused:
    (line,) = request.lines
    level = (
        Level.objects.select_for_update(of=["self"])
        .select_related("product", "location")
        .get(product__sku=line.sku, product__tenant__slug=request.tenant)
    )
    tenant, left = level.product.tenant_id, level.on_hand - level.reserved
    if left < line.quantity:
        Refusal.objects.create(tenant_id=tenant, reference=request.reference, product=level.product, wanted=line.quantity, left=left)
        return answers.refused([Short(level.product_id, line.sku, line.quantity, left)])
    row = Reservation.objects.create(tenant_id=tenant, reference=request.reference, expires_at=timezone.now() + request.ttl)
    ReservationLine.objects.create(
        reservation=row, product=level.product, location=level.location, quantity=line.quantity, price=level.product.price
    )
    level.reserved += line.quantity
    level.save(update_fields=["reserved"])
    shelf = Shelf(level.product_id, line.sku, backorder=False, names={level.location.name: level.location_id})
    return answers.reserved(
        row.pk, row.expires_at, [Taken(level.product_id, level.location_id, line.quantity, level.product.price)], [shelf]
    )


def install() -> None:
    """From here on this process reserves so."""
    reserving.apply = apply
