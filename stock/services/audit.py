"""Whether the books are right: each level against the ledger and the reservations; and how it is put right."""

from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from jobs.core.errors import InvalidState
from jobs.models import Tenant
from stock.models import Drift, Level, Movement
from stock.services import ledger as books
from stock.services import levels
from stock.services.ledger import Move

Believed = Drift.Believed
FIND = """
SELECT v.id, v.on_hand, m.units, v.reserved, h.units FROM stock_level v JOIN stock_product p ON p.id = v.product_id
LEFT JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS units FROM stock_movement
                   WHERE product_id = v.product_id AND location_id = v.location_id) m ON true
LEFT JOIN LATERAL (SELECT coalesce(sum(l.quantity), 0) AS units FROM stock_reservationline l
                   JOIN stock_reservation r ON r.id = l.reservation_id AND r.state = 'active'
                   WHERE l.product_id = v.product_id AND l.location_id = v.location_id) h ON true
WHERE p.tenant_id = %s AND (v.on_hand <> m.units OR v.reserved <> h.units)"""


# A level that is gone is a drift like any other: it comes back as nothing, and is found.
MISSING = """
INSERT INTO stock_level (product_id, location_id, on_hand, reserved)
SELECT DISTINCT m.product_id, m.location_id, 0, 0 FROM stock_movement m JOIN stock_product p ON p.id = m.product_id
WHERE p.tenant_id = %s AND m.location_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM stock_level v WHERE v.product_id = m.product_id AND v.location_id = m.location_id)
ON CONFLICT DO NOTHING"""


def audit(tenant: Tenant) -> int:
    """Note each level that is not what the ledger and the reservations say; answers how many. One statement: one moment."""
    with connection.cursor() as cursor:
        cursor.execute(MISSING, [tenant.pk])
        cursor.execute(FIND, [tenant.pk])
        found = [Drift(level_id=v, on_hand=on_hand, ledger=m, reserved=r, held=h) for v, on_hand, m, r, h in cursor.fetchall()]
    Drift.objects.bulk_create(found, ignore_conflicts=True)
    return len(found)


def open_drifts(tenant: Tenant) -> QuerySet[Drift]:
    """What is not repaired yet."""
    rows = Drift.objects.filter(repaired_at=None, level__product__tenant=tenant)
    return rows.select_related("level__product", "level__location").order_by("pk")


@transaction.atomic
def repair(drift: Drift, by: Any = None, believe: Believed = Believed.LEDGER) -> None:
    """Bring level and ledger together. Raises InvalidState where it is repaired already, or where the ledger can't be right: it
    has less than reservations hold."""
    levels.lock([drift.level.product_id])
    drift = Drift.objects.select_for_update(of=("self",)).select_related("level__product", "level__location").get(pk=drift.pk)
    if drift.repaired_at:
        raise InvalidState("This drift is repaired already.")
    with connection.cursor() as cursor:
        cursor.execute(FIND + " AND v.id = %s", [drift.level.product.tenant_id, drift.level_id])
        row = cursor.fetchone()
    if row:
        level, on_hand, ledger, _, held = map(int, row)
        if believe == Believed.LEDGER:
            _believe_ledger(drift, level, ledger, held)
        else:
            _believe_level(drift, by, level, max(on_hand, held), ledger, held)
    drift.repaired_at, drift.repaired_by, drift.believed = timezone.now(), by, believe
    drift.save(update_fields=["repaired_at", "repaired_by", "believed"])


def _believe_ledger(drift: Drift, level: int, ledger: int, held: int) -> None:
    if ledger < held:
        raise InvalidState(
            f"The ledger of {drift.level} has {ledger}, and reservations hold {held}. Count the shelf, then believe the level."
        )
    Level.objects.filter(pk=level).update(on_hand=ledger, reserved=held)


def _believe_level(drift: Drift, by: Any, level: int, truth: int, ledger: int, held: int) -> None:
    # The movement counts at the level as it is written, so the level first goes to where the ledger stands.
    Level.objects.filter(pk=level).update(reserved=0, on_hand=max(ledger, 0))
    if truth != ledger:
        move = Move(drift.level.product_id, drift.level.location_id, Movement.Kind.ADJUSTED, truth - ledger)
        books.post([move], f"drift:{drift.pk}", by=by, why="Audit: the ledger did not equal the level")
    Level.objects.filter(pk=level).update(on_hand=truth, reserved=held)
