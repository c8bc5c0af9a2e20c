"""What things cost: the average follows what comes, the ledger tells the value of any moment, and only managers see it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone

from jobs.models import Job
from jobs.services import tenants
from jobs.testing import perform
from stock import papers, reporting, warehouse
from stock.models import Document, Level, Location, Movement, Product, Reservation, Supplier, Valuation
from stock.queries import ledger as queries
from stock.services import audit, documents, ledger, purchasing, settling
from stock.services.ledger import Kind, Move
from stock.services.reserving import apply
from tests.support.stock import client_of, drift, product, request, tenant
from tests.support.waiting import until

HEAD = b"sku,name,price,quantity,location,cost\n"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.UPLOAD_DIR = tmp_path


def key(*scopes: str) -> Client:
    secret = tenants.create_key(tenant(), "tests", ["read", "submit", *scopes])[1]
    return Client(headers={"authorization": f"Bearer {secret}", "prefer": "wait=20"})


def post(api: Client, url: str, **body: Any) -> Any:
    return api.post(f"/api/stock/{url}", body, content_type="application/json")


def move(sku: str, quantity: int, cost: str | None = None, kind: Kind = Kind.RECEIVED, place: str = "North") -> None:
    location, _ = Location.objects.get_or_create(tenant=tenant(), name=place)
    it = Product.objects.get(sku=sku).pk
    ledger.post([Move(it, location.pk, kind, quantity, None if cost is None else Decimal(cost))], f"test:{Movement.objects.count()}")


def worth(sku: str = "A") -> tuple[int, Decimal, Decimal | None]:
    row = Valuation.objects.get(product__sku=sku)
    return row.units, row.value, row.average


@pytest.mark.django_db
def test_the_average_follows_what_comes_and_stays_when_units_go() -> None:
    product("A")
    move("A", 10, "2")
    move("A", 30, "4")
    assert worth() == (40, 140, Decimal("3.5"))
    move("A", -8, kind=Kind.ADJUSTED)
    move("A", 2, kind=Kind.COUNTED)
    assert worth() == (34, 119, Decimal("3.5"))
    perform(warehouse.transfer, {"sku": "A", "from_location": "North", "to_location": "Shop", "quantity": 34})
    assert worth() == (34, 119, Decimal("3.5"))
    move("A", -34, kind=Kind.ADJUSTED, place="Shop")
    assert worth() == (0, 0, Decimal("3.5"))
    assert not drift()


@pytest.mark.django_db
def test_a_value_is_kept_to_the_cent_over_many_small_sales() -> None:
    product("A")
    move("A", 3, "3.333333")
    move("A", 4, "0.01")
    for _ in range(7):
        move("A", -1, kind=Kind.ADJUSTED)
    assert worth()[:2] == (0, 0)


@pytest.mark.django_db
def test_units_whose_cost_nobody_said_take_the_first_that_is_said() -> None:
    product("A", 5)
    product("B", 3, "South")
    assert (worth(), worth("B")) == ((5, 0, None), (3, 0, None))
    move("A", 5, "3")
    assert worth() == (10, 30, 3)
    assert perform(warehouse.revalue, {"sku": "B", "unit_cost": "1.5", "why": "Opening"}).result["movements"] == 1
    assert worth("B") == (3, Decimal("4.5"), Decimal("1.5"))
    assert perform(warehouse.revalue, {"sku": "B", "unit_cost": "1.5", "why": "Again"}, id="2").result["movements"] == 0
    said = Movement.objects.filter(kind="revalued").order_by("pk").values_list("product__sku", "quantity", "value", "location")
    assert list(said) == [("A", 0, 15, None), ("B", 0, Decimal("4.5"), None)]
    assert not drift()


@pytest.mark.django_db
def test_the_value_of_any_moment_stands_in_the_ledger() -> None:
    product("A")
    move("A", 10, "2")
    move("A", 10, "4", place="Shop")
    then = timezone.now()
    move("A", -5, kind=Kind.ADJUSTED)
    ledger.revalue({Product.objects.get().pk: Decimal(1)}, "now")
    assert (queries.worth(tenant(), then), queries.worth(tenant(), timezone.now())) == (60, 15)
    there = [(row.location, row.on_hand, row.unit_cost, row.value) for row in queries.as_of(tenant(), then)]
    assert there == [("North", 10, 3, 30), ("Shop", 10, 3, 30)]
    assert queries.worth(tenant(), then - timedelta(days=1)) == 0


@pytest.mark.django_db(transaction=True)
def test_the_database_keeps_the_rules_of_a_revaluation() -> None:
    product("A", 1)
    place, it = Location.objects.get(), Product.objects.get()
    for wrong in ({"kind": "revalued", "quantity": 1}, {"kind": "revalued", "location": place}, {"kind": "received", "location": place}):
        with pytest.raises(IntegrityError):
            Movement.objects.create(**{"product": it, "quantity": 0, "reference": "x"} | wrong)
    with pytest.raises(IntegrityError):
        Movement.objects.create(product=it, location=place, kind="adjusted", quantity=1, value=1, reference="y")
    assert worth() == (1, 0, None)


@pytest.mark.django_db
def test_what_an_order_costs_comes_in_with_it_and_is_remembered_for_the_next() -> None:
    made = product("A")
    supplier = Supplier.objects.create(tenant=tenant(), name="Acme", email="acme@example.com")
    dock, _ = Location.objects.get_or_create(tenant=tenant(), name="Dock")
    first = purchasing.draft(tenant(), dock, "1", {"A": 10}, costs={"A": Decimal("2.5")}, supplier=supplier)
    purchasing.send(tenant(), first.pk)
    purchasing.receive(tenant(), first.pk, {"A": 4}, "job:1")
    purchasing.receive(tenant(), first.pk, {"A": 6}, "job:2", costs={"A": Decimal(5)})
    assert worth() == (10, 40, 4)
    second = purchasing.draft(tenant(), dock, "2", {"A": 1}, supplier=supplier)
    assert second.lines.get().unit_cost == Decimal("2.5")
    purchasing.revise(tenant(), second.pk, {"A": 3}, {"A": Decimal("2.75")})
    purchasing.revise(tenant(), second.pk, {"A": 4})
    line = second.lines.get()
    assert (line.product, line.quantity, line.unit_cost) == (made, 4, Decimal("2.75"))


def test_a_supplier_reads_the_cost_in_the_order(platform: None) -> None:
    product("A")
    Supplier.objects.create(tenant=tenant(), name="Acme", email="acme@example.com")
    api = key("manager")
    line = {"sku": "A", "quantity": 10, "unitCost": "0.0125"}
    order = post(api, "orders", location="Dock", supplier="Acme", lines=[line]).json()
    assert order["lines"][0]["unitCost"] == "0.012500"
    api.post(f"/api/stock/orders/{order['id']}/send")
    until(lambda: bool(mail.outbox), 20)
    assert "10 x A  Thing A, at 0.0125 each" in mail.outbox[0].body
    assert key("clerk").get(f"/api/stock/orders/{order['id']}").json()["lines"][0]["unitCost"] is None
    arrived = {"sku": "A", "quantity": 10, "unitCost": "0.02"}
    assert post(key("clerk"), f"orders/{order['id']}/receipts", lines=[arrived]).status_code == 403
    assert post(api, f"orders/{order['id']}/receipts", lines=[arrived]).json()["result"]["state"] == "received"
    assert worth() == (10, Decimal("0.2"), Decimal("0.02"))


def test_a_list_with_costs_opens_the_books_and_again_changes_nothing(platform: None, ended: Callable[[Job], Job]) -> None:
    product("B", 4)
    api = key("manager")
    data = HEAD + b"A,Bolt,3,10,North,1.25\nB,Nut,2,5,North,0.5\nC,Hook,1,0,North,\nD,Nail,1,1,North,-1\n"
    for _ in range(2):
        job = ended(Job.objects.get(pk=api.post("/api/stock/imports", {"file": SimpleUploadedFile("list.csv", data)}).json()["id"]))
        assert (job.result["lines"], job.result["wrong"]) == (4, 1)
        assert (worth(), worth("B")) == ((10, Decimal("12.5"), Decimal("1.25")), (5, Decimal("2.5"), Decimal("0.5")))
    assert not Valuation.objects.filter(product__sku="C").exists()
    later = HEAD + b"A,Bolt,3,10,North,2\n"
    ended(Job.objects.get(pk=api.post("/api/stock/imports", {"file": SimpleUploadedFile("list.csv", later)}).json()["id"]))
    assert worth() == (10, 20, 2)
    refused = key("clerk").post("/api/stock/imports", {"file": SimpleUploadedFile("list.csv", data)})
    assert (refused.status_code, "for managers" in refused.json()["detail"]) == (403, True)
    page = client_of("clerk").post("/stock/import/", {"file": SimpleUploadedFile("list.csv", data)})
    assert (page.status_code, "for managers" in page.content.decode()) == (422, True)


def sold() -> None:
    """A: 10 at 2.00, of which 4 were sold for 5.00. B: 3 units of which nobody knows the cost."""
    product("A", price="5.00")
    move("A", 10, "2")
    product("B", 3)
    apply([request("sale", ("A", 4))])
    settling.confirm(tenant(), Reservation.objects.get(reference="sale").pk)


@pytest.mark.django_db
def test_the_report_tells_managers_what_was_earned() -> None:
    sold()
    perform(reporting.report, {})
    assert documents.last_report(tenant()).summary["report"]["costs"] is None  # type: ignore[union-attr]
    costs = documents.last_report(tenant(), ["manager"]).summary["report"]["costs"]  # type: ignore[union-attr]
    assert (costs["value"], costs["spent"], costs["earned"], costs["margin"], costs["unknown"]) == (12, 8, 20, 60, 3)
    # From nothing to 12: 8 were sold of 6 in the mean, in 90 days.
    assert costs["turnover"] == round(8 / 6 * 365 / 90, 2)
    assert (costs["locations"], costs["earners"]) == ([["North", 6, 12.0]], [["A", 4, 12.0]])
    with Document.objects.get(for_managers=True).file.open() as file:
        book = openpyxl.load_workbook(BytesIO(file.read()))
    assert {"Costs", "Cost by location", "Most earned", "Cost over time"} < set(book.sheetnames)
    assert book["Products"].cell(1, 13).value == "Unit cost"


@pytest.mark.django_db
def test_a_price_that_changes_later_does_not_change_what_was_earned() -> None:
    sold()
    Product.objects.filter(sku="A").update(price="50.00")
    assert Movement.objects.get(kind="sold").unit_price == 5


def test_only_managers_see_what_things_cost(platform: None) -> None:
    sold()
    api, clerk_api = key("manager"), key("clerk")
    manager, clerk = client_of("manager"), client_of("clerk")
    assert (api.get("/api/stock/products/A").json()["unitCost"], api.get("/api/stock/products/A").json()["margin"]) == ("2.000000", "60.0")
    assert clerk_api.get("/api/stock/products/A").json()["unitCost"] is None
    assert {row["value"] for row in clerk_api.get("/api/stock/movements").json()} == {None}
    assert api.get("/api/stock/movements").json()[0]["unitPrice"] == "5.00"
    assert {row["value"] for row in clerk_api.get("/api/stock/levels").json()} == {None}
    assert [row["value"] for row in api.get("/api/stock/levels").json()] == ["12.00", None]
    for page in ("ledger/", "products/", "report/", "receive/"):
        assert "ost" in manager.get(f"/stock/{page}").content.decode() or page == "report/"
        assert "Unit cost" not in clerk.get(f"/stock/{page}").content.decode()
    assert post(clerk_api, "receipts", sku="A", location="North", quantity=1, unitCost="1").status_code == 403
    assert post(clerk_api, "exports", kind="products", costs=True).status_code == 403
    made = post(api, "exports", kind="products", costs=True).json()["result"]["document"]
    assert clerk_api.get("/api/stock/documents").json() == []
    assert clerk_api.get(f"/api/stock/documents/{made}/file").status_code == clerk.get(f"/stock/documents/{made}/").status_code == 404
    lines = b"".join(api.get(f"/api/stock/documents/{made}/file")).decode("utf-8-sig").splitlines()
    assert lines[:2] == ["sku,name,price,quantity,location,cost", "A,Thing A,5.00,6,North,2.000000"]


def test_the_report_of_both_roles_over_http_and_on_its_page(platform: None) -> None:
    sold()
    api, clerk_api = key("manager"), key("clerk")
    post(clerk_api, "reports")
    assert clerk_api.get("/api/stock/reports/last").json()["costs"] is None
    costs = api.get("/api/stock/reports/last").json()["costs"]
    assert (costs["value"], costs["earners"][0]["label"]) == (12, "A")
    assert "At cost" in client_of("manager").get("/stock/report/").content.decode()
    assert "At cost" not in client_of("clerk").get("/stock/report/").content.decode()


def test_a_manager_says_on_pages_what_things_cost(platform: None) -> None:
    product("A", 4, price="3.00")
    manager = client_of("manager")
    assert "count as nothing" in manager.get("/stock/products/cost/A/").content.decode()
    said = {"unit_cost": "1.5", "why": "Opening", "once": "8d1b2a5e-0000-4000-8000-000000000001"}
    for _ in range(2):
        assert "50.0 %" in manager.post("/stock/products/cost/A/", said, follow=True).content.decode()
    assert (worth(), Movement.objects.filter(kind="revalued").count()) == ((4, 6, Decimal("1.5")), 1)
    assert manager.post("/stock/products/cost/A/", {"unit_cost": "-1", "why": ""}).status_code == 422
    assert manager.get("/stock/products/cost/?/").status_code == 404
    received = {"location": "North", "quantity": 4, "sku": "A", "unit_cost": "2.5", "once": "8d1b2a5e-0000-4000-8000-000000000002"}
    manager.post("/stock/receive/", received)
    assert worth() == (8, 16, 2)
    broken = {"location": "North", "quantity": -2, "sku": "A", "why": "Broken", "once": "8d1b2a5e-0000-4000-8000-000000000003"}
    assert "booked" in manager.post("/stock/adjust/", broken, follow=True).content.decode()
    assert (worth(), Level.objects.get().on_hand) == ((6, 12, 2), 6)
    assert manager.post("/stock/adjust/", broken | {"why": ""}).status_code == 422


@pytest.mark.django_db
def test_what_lay_there_before_costs_were_kept_counts_as_nothing_until_somebody_says() -> None:
    """The books of an installation that is brought up to date: only its units are known."""
    product("A", 5)
    Valuation.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stock_valuation (product_id, units, value) SELECT product_id, sum(quantity), 0 FROM stock_movement GROUP BY 1"
        )
    assert worth() == (5, 0, None)
    move("A", 5, "2")
    assert worth() == (10, 20, 2)


@pytest.mark.django_db
def test_an_export_of_movements_has_their_money_for_managers() -> None:
    sold()
    document = perform(papers.export, {"kind": "movements", "costs": True}).result["document"]
    with documents.get(tenant(), document).file.open() as file:
        head, *lines = file.read().decode("utf-8-sig").splitlines()
    assert head.endswith("unit_cost,value,unit_price")
    assert lines[-1].endswith("2.000000,-8.000000,5.00")


@pytest.mark.django_db
def test_the_audit_brings_a_valuation_back_to_its_ledger() -> None:
    sold()
    right = worth()
    Valuation.objects.filter(product__sku="A").update(units=99, value=1, average=7)
    Valuation.objects.filter(product__sku="B").delete()
    assert audit.audit(tenant()) == 0
    assert (worth(), worth("B")) == (right, (3, 0, None))
