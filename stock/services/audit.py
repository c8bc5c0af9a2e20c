"""Whether the books are right: each level against the ledger and the reservations; and how it is put right."""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from jobs.core.errors import InvalidState
from jobs.models import Tenant
from stock.models import Drift, Level, Movement
from stock.services import levels

FIND = """
SELECT v.id, v.on_hand, m.units, v.reserved, h.units FROM stock_level v JOIN stock_product p ON p.id = v.product_id
LEFT JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS units FROM stock_movement
                   WHERE product_id = v.product_id AND location_id = v.location_id) m ON true
LEFT JOIN LATERAL (SELECT coalesce(sum(l.quantity), 0) AS units FROM stock_reservationline l
                   JOIN stock_reservation r ON r.id = l.reservation_id AND r.state = 'active'
                   WHERE l.product_id = v.product_id AND l.location_id = v.location_id) h ON true
WHERE p.tenant_id = %s AND (v.on_hand <> m.units OR v.reserved <> h.units)"""


def audit(tenant: Tenant) -> int:
    """Note each level that is not what the ledger and the reservations say; answers how many. One statement: one moment."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [tenant.pk])
        found = [Drift(level_id=v, on_hand=on_hand, ledger=m, reserved=r, held=h) for v, on_hand, m, r, h in cursor.fetchall()]
    Drift.objects.bulk_create(found, ignore_conflicts=True)
    return len(found)


@transaction.atomic
def repair(drift: Drift, by: Any = None) -> None:
    """What lies on the shelf is believed: a movement brings the ledger to it; what is reserved is counted anew."""
    levels.lock([drift.level.product_id])
    drift = Drift.objects.select_for_update().select_related("level").get(pk=drift.pk)
    if drift.repaired_at:
        raise InvalidState("This drift is repaired already.")
    with connection.cursor() as cursor:
        cursor.execute(FIND + " AND v.id = %s", [drift.level.product.tenant_id, drift.level_id])
        row = cursor.fetchone()
    if row:
        _put_right(drift, by, *row)
    drift.repaired_at, drift.repaired_by = timezone.now(), by
    drift.save(update_fields=["repaired_at", "repaired_by"])


def _put_right(drift: Drift, by: Any, level: int, on_hand: int, ledger: int, reserved: int, held: int) -> None:
    # The movement counts at the level as it is written, so the level first goes to where the ledger stands.
    truth = max(on_hand, held)
    Level.objects.filter(pk=level).update(reserved=0, on_hand=max(int(ledger), 0))
    if truth != ledger:
        Movement.objects.create(
            product=drift.level.product,
            location=drift.level.location,
            kind=Movement.Kind.ADJUSTED,
            quantity=truth - ledger,
            by=by,
            why="Audit: the ledger did not equal the level",
            reference=f"drift:{drift.pk}",
        )
    Level.objects.filter(pk=level).update(on_hand=truth, reserved=held)
