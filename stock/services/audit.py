"""Whether the books are right: each level against the ledger and the reservations; and how it is put right."""

from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from jobs.core.errors import InvalidState
from jobs.models import Tenant
from stock.models import Drift, Level, Movement, Valuation
from stock.services import ledger as books
from stock.services import levels
from stock.services.ledger import Move

log = structlog.get_logger(__name__)
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


# Of these products, or of all of the tenant's; what has no row has one of nothing.
WORTH = """
SELECT p.id, m.units, m.value, m.known FROM stock_product p LEFT JOIN stock_valuation c ON c.product_id = p.id
JOIN LATERAL (SELECT sum(quantity) AS units, sum(value) AS value, bool_or(unit_cost IS NOT NULL) AS known
              FROM stock_movement WHERE product_id = p.id) m ON m.units IS NOT NULL
WHERE p.tenant_id = %s AND p.id = ANY(coalesce(%s, ARRAY[p.id])) AND (c.units, c.value) IS DISTINCT FROM (m.units, m.value)"""


def audit(tenant: Tenant) -> int:
    """Note each level that is not what the ledger and the reservations say; answers how many. One statement: one moment. What is
    only derived of the ledger's money is brought to it."""
    _value(tenant)
    with connection.cursor() as cursor:
        cursor.execute(MISSING, [tenant.pk])
        cursor.execute(FIND, [tenant.pk])
        found = [Drift(level_id=v, on_hand=on_hand, ledger=m, reserved=r, held=h) for v, on_hand, m, r, h in cursor.fetchall()]
    Drift.objects.bulk_create(found, ignore_conflicts=True)
    return len(found)


@transaction.atomic
def _value(tenant: Tenant) -> None:
    """Valuations that are not the sums of their movements. Looked for, then looked at again under the locks."""
    with connection.cursor() as cursor:
        cursor.execute(WORTH, [tenant.pk, None])
        if not (suspects := [product for product, *_ in cursor.fetchall()]):
            return
        levels.lock(suspects)
        cursor.execute(WORTH, [tenant.pk, suspects])
        wrong = cursor.fetchall()
    for product, units, value, known in wrong:
        said = {"units": units, "value": value} | ({"average": value / units} if known and units > 0 else {})
        Valuation.objects.update_or_create(product_id=product, defaults=said)
        log.warning("stock.valuation_corrected", product=product, units=units, value=str(value))


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
