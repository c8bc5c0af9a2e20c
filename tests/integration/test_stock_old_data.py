"""Stock that was there before the ledger knew costs and reservations knew prices goes the way of the migrations with its data."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from stock.models import Drift, Movement, Reservation, Valuation
from stock.queries import ledger as reads
from stock.services import audit, ledger, purchasing, returning, settling
from stock.services.ledger import Move
from tests.support import stock

OLD = "0009_snapshots"


def migrate(to: str = "") -> Any:
    """To that one, or to the last. In the test's own transaction, which a real migration is not: what waits for its end is looked
    at before the tables change."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    executor = MigrationExecutor(connection)
    return executor.migrate([("stock", to)] if to else executor.loader.graph.leaf_nodes("stock")).apps


def fill(old: Any) -> dict[str, Any]:
    """Movements of each kind, a reservation in each state, an order that has come in part."""

    def create(model: str, **values: Any) -> Any:
        return old.get_model("stock", model).objects.create(**values)

    tenant = old.get_model("jobs", "Tenant").objects.get(pk=stock.tenant().pk)
    now = timezone.now()
    north, south = (create("Location", tenant=tenant, name=name) for name in ("North", "South"))
    lamp, rug = (create("Product", tenant=tenant, sku=sku, name=sku, price=price) for sku, price in (("LAMP", 20), ("RUG", 5)))
    for product, place, kind, quantity, reference in (
        (lamp, north, "received", 10, "r:1"),
        (lamp, north, "transferred", -4, "t:1"),
        (lamp, south, "transferred", 4, "t:1"),
        (lamp, north, "adjusted", -1, "a:1"),
        (rug, north, "counted", 3, "c:1"),
        (rug, north, "sold", -3, "s:1"),
    ):
        create("Movement", product=product, location=place, kind=kind, quantity=quantity, reference=reference, at=now - timedelta(days=2))
    made: dict[str, Any] = {"old": now - timedelta(days=1)}
    for state, units in (("active", 2), ("confirmed", 1), ("released", 3)):
        ended = None if state == "active" else now
        row = create("Reservation", tenant=tenant, reference=state, state=state, expires_at=now + timedelta(hours=1), ended_at=ended)
        create("ReservationLine", reservation=row, product=lamp, location=north, quantity=units)
        made[state] = row.pk
    create("Movement", product=lamp, location=north, kind="sold", quantity=-1, reference=f"reservation:{made['confirmed']}")
    old.get_model("stock", "Level").objects.filter(product=lamp, location=north).update(reserved=2)
    supplier = create("Supplier", tenant=tenant, name="Oak")
    order = create("PurchaseOrder", tenant=tenant, supplier=supplier, location=north, state="ordered", ordered_at=now, reference="po:1")
    create("PurchaseLine", order=order, product=lamp, quantity=6, received=2)
    create("Movement", product=lamp, location=north, kind="received", quantity=2, reference=f"order:{order.pk}:1")
    create("Snapshot", tenant=tenant, day=made["old"].date(), units=9, reserved=0, value=180)
    return made | {"order": order.pk, "lamp": lamp.pk, "north": north.pk}


@pytest.mark.django_db
def test_stock_from_before_costs_lives_on_after_them_and_goes_back_and_forward_again() -> None:
    """One test, for each way of the migrations takes a second. All is undone with the test's transaction."""
    made = fill(migrate(OLD))
    before = levels()
    migrate()
    assert levels() == before
    nothing_is_lost(made)
    life_goes_on(made)

    there = levels()
    back = migrate(OLD)
    assert levels() == there
    ledger_of_old = back.get_model("stock", "Movement").objects
    assert not ledger_of_old.filter(kind="revalued").exists()
    with pytest.raises(IntegrityError, match="only ever added to"), transaction.atomic():
        ledger_of_old.all().delete()
    ledger_of_old.create(product_id=made["lamp"], location_id=made["north"], kind="received", quantity=5, reference="after")
    on_hand, reserved = there[made["lamp"], made["north"]]
    assert levels()[made["lamp"], made["north"]] == (on_hand + 5, reserved)

    migrate()
    assert Valuation.objects.get(product=made["lamp"]).units == 19
    assert not stock.drift()


def nothing_is_lost(made: dict[str, Any]) -> None:
    tenant = stock.tenant()
    assert audit.audit(tenant) == 0
    assert not Drift.objects.exists()
    assert not stock.drift()
    assert [(v.product.sku, v.units, v.value, v.average) for v in Valuation.objects.order_by("product__sku")] == [
        ("LAMP", 10, 0, None),
        ("RUG", 0, 0, None),
    ]
    assert [line.price for line in Reservation.objects.get(pk=made["active"]).lines.all()] == [20]
    assert reads.worth(tenant, timezone.now()) == 0


def life_goes_on(made: dict[str, Any]) -> None:
    """What is held is sold, what was sold comes back, the order comes in; the first cost that is said revalues what lies there."""
    tenant = stock.tenant()
    settling.confirm(tenant, made["active"])
    returning.take_back(tenant, made["confirmed"])
    assert Valuation.objects.get(product=made["lamp"]).average is None
    purchasing.receive(tenant, made["order"], {"LAMP": 4}, "delivery")
    ledger.post([Move(made["lamp"], made["north"], Movement.Kind.RECEIVED, 1, cost=Decimal(8))], "priced")
    valuation = Valuation.objects.get(product=made["lamp"])
    assert (valuation.units, valuation.value, valuation.average) == (14, 112, 8)
    assert Movement.objects.filter(kind=Movement.Kind.REVALUED).exists()
    assert audit.audit(tenant) == 0
    assert not stock.drift()
    assert {row.sku: row.on_hand for row in reads.as_of(tenant, made["old"]) if row.location == "South"} == {"LAMP": 4}


def levels() -> dict[tuple[int, int], tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT product_id, location_id, on_hand, reserved FROM stock_level")
        return {(product, place): (there, held) for product, place, there, held in cursor.fetchall()}
