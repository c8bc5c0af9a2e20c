"""The report: its figures are those of the ledger, its workbook opens, its page shows the same."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from jobs.services import tenants
from jobs.testing import perform
from stock import reporting
from stock.models import Document, Location, Movement, Reservation, Snapshot
from stock.services import documents, settling
from stock.services.reserving import apply
from tests.support.stock import client_of, product, request, tenant


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.UPLOAD_DIR = tmp_path


def stocked() -> None:
    """A: 20 came 200 days ago, 10 came today, 15 were sold. B: 5 in the South, 2 of them reserved."""
    made = product("A", 0, price="2.00")
    place = Location.objects.get()
    for reference, days, units in (("old", 200, 20), ("new", 0, 10)):
        at = timezone.now() - timedelta(days=days)
        Movement.objects.create(product=made, location=place, kind="received", quantity=units, at=at, reference=reference)
    product("B", 5, "South", price="10.00")
    apply([request("sale", ("A", 15)), request("kept", ("B", 2))])
    settling.confirm(tenant(), Reservation.objects.get(reference="sale").pk)


@pytest.mark.django_db
def test_the_figures_are_those_of_the_ledger() -> None:
    stocked()
    Snapshot.objects.create(tenant=tenant(), day=timezone.now().date() - timedelta(days=1), units=1, reserved=0, value=70)
    said = perform(reporting.report, {}).result
    report = documents.last_report(tenant()).summary["report"]  # type: ignore[union-attr]
    assert (said["rows"], said["value"], report["units"], report["reserved"], report["sold"]) == (2, 80, 20, 2, 15)
    assert report["locations"] == [["South", 5, 50.0], ["North", 15, 30.0]]
    assert report["ageing"] == [["up to 30 days", 15, 70.0], ["31 to 90 days", 0, 0], ["91 to 180 days", 0, 0], ["over 180 days", 5, 10.0]]
    # At the start 20 of A for 2.00 and nothing of B; now 80: 30 were sold of 60 in the mean, in 90 days.
    assert (report["turnover"], report["idle"]) == (round(30 / 60 * 365 / 90, 2), 1)
    assert [value for _, value in report["series"]] == [70.0, 80.0]


def opened(document: Document) -> openpyxl.Workbook:
    with document.file.open() as file:
        return openpyxl.load_workbook(BytesIO(file.read()))


@pytest.mark.django_db
def test_the_workbook_opens_and_has_its_charts() -> None:
    stocked()
    for _ in range(2):
        perform(reporting.report, {})
    book = opened(Document.objects.get(for_managers=False))
    assert book.sheetnames == ["Figures", "Locations", "Ageing", "Most valuable", "Over time", "Products"]
    assert [len(book[name]._charts) for name in book.sheetnames] == [0, 1, 1, 1, 1, 0]
    assert [row[0].value for row in book["Products"]] == ["SKU", "A", "B"]


@pytest.mark.django_db
def test_an_empty_stock_has_a_report_too() -> None:
    tenant()
    assert perform(reporting.report, {}).result["value"] == 0
    assert "turnover a year" in client_of("clerk").get("/stock/report/").content.decode()


@pytest.mark.django_db
def test_a_day_has_one_snapshot() -> None:
    stocked()
    for n in range(2):
        perform(reporting.report, {}, id=str(n))
    snapshot = Snapshot.objects.get()
    assert (snapshot.units, snapshot.reserved, snapshot.value) == (20, 2, 80)


def test_the_report_over_http_and_on_its_page(platform: None) -> None:
    stocked()
    clerk = client_of("clerk")
    assert "No report yet" in clerk.get("/stock/report/").content.decode()
    secret = tenants.create_key(tenant(), "tests", ["read", "submit", "clerk"])[1]
    api = Client(headers={"authorization": f"Bearer {secret}", "prefer": "wait=20"})
    assert api.get("/api/stock/reports/last").status_code == 404
    made = api.post("/api/stock/reports").json()["result"]
    last = api.get("/api/stock/reports/last").json()
    assert (last["document"], last["value"], last["locations"][0]["label"]) == (made["document"], 80, "South")
    page = clerk.get("/stock/report/").content.decode()
    assert 'aria-label="Value by location: South 50.00, North 30.00"' in page
    assert f"/stock/documents/{made['document']}/" in page
