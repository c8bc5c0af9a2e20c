"""Purchase orders: drafted, sent, received in parts, and what is owed is filled as it comes."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from jobs.core.errors import InvalidState
from jobs.declare import subscribe
from jobs.models import Job, Tenant
from jobs.services import tenants
from stock.models import Level, Location, Movement, PurchaseOrder, Reservation, ReservationLine, Supplier
from stock.services import owed, purchasing, settling
from stock.services.purchasing import NotOrdered, OverReceipt
from stock.services.reserving import apply
from tests.support.stock import client_of, drift, product, request, tenant

WAIT = {"prefer": "wait=10"}


@pytest.fixture
def api(platform: None) -> Client:
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "tests", ["read", "submit", "manager"])[1]
    return Client(headers={"authorization": f"Bearer {secret}"})


def post(api: Client, url: str, **body: Any) -> Any:
    return api.post(f"/api/stock/{url}", body, content_type="application/json", headers=WAIT)


def sent(**units: int) -> PurchaseOrder:
    for sku in units:
        product(sku)
    place, _ = Location.objects.get_or_create(tenant=tenant(), name="Dock")
    order = purchasing.draft(tenant(), place, f"test:{sorted(units.items())}", units)
    return purchasing.send(tenant(), order.pk)


def owes() -> list[tuple[str, int]]:
    return [(line.product.sku, line.quantity) for line in owed.lines().select_related("product")]


def test_an_order_goes_its_way_over_http_and_its_supplier_is_told_once(api: Client) -> None:
    product("A")
    product("B")
    Supplier.objects.create(tenant=tenant(), name="Acme", email="orders@acme.example")
    lines = [{"sku": "A", "quantity": 10}, {"sku": "B", "quantity": 1}]
    made = post(api, "orders", supplier="Acme", location="Dock", lines=lines)
    order = made.json()
    assert (made.status_code, order["state"], [line["due"] for line in order["lines"]]) == (201, "draft", [10, 1])
    url = f"orders/{order['id']}"
    assert post(api, f"{url}/receipts", lines=[{"sku": "A", "quantity": 1}]).json()["result"]["code"] == "invalid_state"
    revised = api.put(f"/api/stock/{url}/lines", {"lines": [{"sku": "B", "quantity": 0}]}, content_type="application/json").json()
    assert [line["sku"] for line in revised["lines"]] == ["A"]
    assert {post(api, f"{url}/send").json()["state"] for _ in range(2)} == {"ordered"}
    assert post(api, f"{url}/receipts", lines=[{"sku": "A", "quantity": 4}]).json()["result"]["state"] == "ordered"
    over = post(api, f"{url}/receipts", lines=[{"sku": "A", "quantity": 7}]).json()["result"]
    assert (over["code"], over["detail"]) == ("over_receipt", "Only 6 of A are still to come; 7 came.")
    assert post(api, f"{url}/receipts", lines=[{"sku": "A", "quantity": 7}], over=True).json()["result"]["state"] == "received"
    assert [(v.on_hand, v.location.name) for v in Level.objects.select_related("location")] == [(11, "Dock")]
    assert post(api, f"{url}/cancel").status_code == 409
    assert Job.objects.filter(type="stock.tell_supplier").count() == 1
    assert [(m.to, "10 x A" in str(m.body)) for m in mail.outbox] == [(["orders@acme.example"], True)]
    told = [event.data for event in subscribe("stock.*", after="0-0", patience=0.1) if event.name in ("stock.ordered", "stock.received")]
    assert [(data.get("quantity"), data["order"]) for data in told] == [(None, order["id"]), (4, order["id"]), (7, order["id"])]
    assert not drift()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lines": [{"sku": "?", "quantity": 1}]}, "lines.0.sku"),
        ({"supplier": "Nobody"}, "supplier"),
        ({"location": " "}, "location"),
        ({"lines": [{"sku": "A", "quantity": -1}]}, "body.body.lines.0.quantity"),
    ],
)
def test_a_wrong_order_names_its_field_and_leaves_nothing(api: Client, body: dict[str, Any], field: str) -> None:
    answer = post(api, "orders", **({"location": "Dock", "lines": []} | body))
    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])
    assert not PurchaseOrder.objects.exists()


def test_the_same_key_drafts_one_order(api: Client) -> None:
    for _ in range(2):
        headers = {"idempotency-key": "1"}
        api.post("/api/stock/orders", {"location": "Dock", "lines": []}, content_type="application/json", headers=headers)
    assert PurchaseOrder.objects.count() == 1


@pytest.mark.django_db
def test_a_receipt_counts_once_however_often_it_is_applied() -> None:
    order = sent(A=5, B=2)
    for _ in range(2):
        purchasing.receive(tenant(), order.pk, {"A": 5, "B": 1}, "job:1")
    purchasing.receive(tenant(), order.pk, {"B": 1}, "job:2")
    assert purchasing.receive(tenant(), order.pk, {"B": 1}, "job:2").state == "received"
    assert Movement.objects.count() == 3
    assert list(order.lines.values_list("received", flat=True)) == [5, 2]


@pytest.mark.django_db
def test_what_is_refused_leaves_nothing_half_taken() -> None:
    order = sent(A=5, B=2)
    with pytest.raises(OverReceipt):
        purchasing.receive(tenant(), order.pk, {"A": 1, "B": 3}, "job:1")
    with pytest.raises(NotOrdered):
        purchasing.receive(tenant(), order.pk, {"A": 1, "C": 3}, "job:2")
    purchasing.cancel(tenant(), order.pk)
    with pytest.raises(InvalidState):
        purchasing.receive(tenant(), order.pk, {"A": 1}, "job:3")
    assert not Movement.objects.exists()


@pytest.mark.django_db
def test_an_empty_order_is_not_sent_and_a_sent_one_not_revised() -> None:
    with pytest.raises(InvalidState, match="without lines"):
        sent()
    with pytest.raises(InvalidState, match="is ordered"):
        purchasing.revise(tenant(), sent(A=1).pk, {"A": 2})


@pytest.mark.django_db
def test_what_comes_goes_to_who_waits_longest_a_buyer_included() -> None:
    product("A", backorder=True)
    apply([request("bought", ("A", 3)), request("kept", ("A", 4)), request("late", ("A", 5))])
    settling.confirm(tenant(), Reservation.objects.get(reference="bought").pk)
    assert owes() == [("A", 3), ("A", 4), ("A", 5)]
    purchasing.receive(tenant(), sent(A=20).pk, {"A": 5}, "job:1")
    assert owes() == [("A", 2), ("A", 5)]
    level = Level.objects.get()
    assert (level.on_hand, level.reserved) == (2, 2)
    assert Movement.objects.get(kind="sold").quantity == -3
    Reservation.objects.filter(reference="late").update(made_at=timezone.now(), expires_at=timezone.now())
    purchasing.receive(tenant(), PurchaseOrder.objects.get().pk, {"A": 10}, "job:2")
    level.refresh_from_db()
    assert (level.on_hand, level.reserved, owes()) == (12, 4, [])
    assert ReservationLine.objects.get(reservation__reference="kept").quantity == 4
    assert not drift()


@pytest.mark.django_db
def test_units_that_come_free_by_another_way_are_found_by_the_sweep() -> None:
    product("A", 2, backorder=True)
    apply([request("first", ("A", 2)), request("second", ("A", 1))])
    settling.release(tenant(), Reservation.objects.get(reference="first").pk)
    assert [owed.sweep(), owed.sweep()] == [1, 0]
    assert (Level.objects.get().reserved, owes(), drift()) == (1, [], [])


def test_a_manager_orders_on_pages_and_a_clerk_receives(platform: None) -> None:
    product("A")
    manager, clerk = client_of("manager"), client_of("clerk")
    assert clerk.get("/stock/orders/new/").status_code == 403
    form = {"location": "Dock", "once": "8d1b2a5e-0000-4000-8000-000000000001"}
    url = manager.post("/stock/orders/new/", form)["Location"]
    assert manager.post("/stock/orders/new/", form)["Location"] == url
    assert "There is no product" in manager.post(f"{url}line/", {"sku": "?", "quantity": 1}, follow=True).content.decode()
    assert "without lines" in manager.post(f"{url}send/", follow=True).content.decode()
    assert manager.post(f"{url}line/", {"sku": "A", "quantity": "x"}).status_code == 422
    manager.post(f"{url}line/", {"sku": "A", "quantity": 3})
    assert clerk.post(f"{url}send/").status_code == 403
    manager.post(f"{url}send/")
    scan = {"sku": "A", "quantity": 1, "once": "8d1b2a5e-0000-4000-8000-000000000002"}
    for _ in range(2):
        assert "1 booked." in clerk.post(f"{url}receive/", scan, follow=True).content.decode()
    assert Level.objects.get().on_hand == 1
    assert "Only 2 of A" in clerk.post(f"{url}receive/", {"sku": "A", "quantity": 3}, follow=True).content.decode()
    assert "2 booked." in clerk.post(f"{url}receive/", {"all": ""}, follow=True).content.decode()
    assert "received" in clerk.get("/stock/orders/?state=received").content.decode()
    assert {clerk.get(f"/stock/orders/{wrong}").status_code for wrong in ("?state=lost", "99/")} == {404}
