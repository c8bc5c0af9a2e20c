"""Exports, imports of XLSX, and changes in bulk."""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from jobs.core.states import State
from jobs.infra.files import Attachment
from jobs.models import Job
from jobs.services import tenants
from jobs.testing import perform
from stock import papers
from stock.models import Document, Level, Product
from stock.services import documents, exports
from stock.services.reserving import apply
from tests.support.stock import client_of, drift, product, request, tenant


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.UPLOAD_DIR = tmp_path


@pytest.fixture
def api(platform: None) -> Client:
    secret = tenants.create_key(tenant(), "tests", ["read", "submit", "manager"])[1]
    return Client(headers={"authorization": f"Bearer {secret}", "prefer": "wait=20"})


def post(api: Client, url: str, **body: Any) -> Any:
    return api.post(f"/api/stock/{url}", body, content_type="application/json")


def fetched(api: Client, document: str) -> bytes:
    answer = api.get(f"/api/stock/documents/{document}/file")
    assert "attachment" in answer["Content-Disposition"]
    return b"".join(answer)


def change(**said: Any) -> Any:
    data = {"kind": "price_by", "amount": "10", "expected": Product.objects.count()} | said
    return perform(papers.change, data, id=str(data)).result


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_exported_can_be_imported_again(api: Client, ended: Callable[[Job], Job], form: str) -> None:
    product("A", 5, name="Bolt", price="1.10")
    product("B", 7, "South", name="Nut")
    said = post(api, "exports", kind="products", format=form).json()["result"]
    assert (said["rows"], said["name"].endswith(form)) == (2, True)
    data = fetched(api, said["document"])
    (shown,) = api.get("/api/stock/documents").json()
    assert (shown["id"], shown["rows"]) == (said["document"], 2)
    before = list(Level.objects.order_by("pk").values_list("product__sku", "product__price", "on_hand", "location__name"))
    upload = {"file": SimpleUploadedFile(f"list.{form}", data)}
    job = ended(Job.objects.get(pk=api.post("/api/stock/imports", upload).json()["id"]))
    assert (job.result["lines"], job.result["updated"], job.result["wrong"]) == (2, 2, 0)
    assert list(Level.objects.order_by("pk").values_list("product__sku", "product__price", "on_hand", "location__name")) == before


@pytest.mark.django_db
def test_a_text_that_a_spreadsheet_would_run_is_only_a_text(tmp_path: Path) -> None:
    rows = [("=1+1", "@x", 2), ("plain", "-1", -1)]
    exports.write(tmp_path / "x.csv", exports.Format.CSV, ("a", "b", "c"), rows)
    assert (tmp_path / "x.csv").read_text("utf-8-sig").splitlines() == ["a,b,c", "'=1+1,'@x,2", "plain,'-1,-1"]
    exports.write(tmp_path / "x.xlsx", exports.Format.XLSX, ("a", "b", "c"), rows)
    assert openpyxl.load_workbook(tmp_path / "x.xlsx").active["A2"].data_type == "s"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(exports.Kind))
def test_the_command_line_exports_the_same(tmp_path: Path, kind: str) -> None:
    product("A", 5)
    for name in ("out.csv", "out.xlsx"):
        call_command("stock_export", kind, output=tmp_path / name)
    lines = (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == (1 if kind == "orders" else 2)
    with pytest.raises(CommandError, match="ends in neither"):
        call_command("stock_export", kind, output=tmp_path / "out.pdf")


@pytest.mark.django_db
def test_an_export_that_is_tried_again_makes_no_second_file() -> None:
    product("A", 5)
    first, second = (perform(papers.export, {"kind": "products"}).result for _ in range(2))
    assert (first["document"], Document.objects.count()) == (second["document"], 1)


def test_old_files_are_swept_with_their_rows(transactional_db: None, tmp_path: Path) -> None:
    product("A", 5)
    perform(papers.export, {"kind": "products"})
    assert documents.sweep() == 0
    Document.objects.update(made_at=timezone.now() - timedelta(days=31))
    assert documents.sweep() == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def sheet(*rows: tuple[Any, ...]) -> bytes:
    book, file = openpyxl.Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def test_a_sheet_is_imported_like_a_list_with_its_wrong_lines(api: Client) -> None:
    data = sheet(
        ("SKU", "Name", "Price", "Quantity", "Location"),
        ("A", "Bolt", 1.1, 5.0, "North"),
        (),
        ("B", "Nut", "x", 1, "North"),
        (7, "N", 2, 3, "S"),
    )
    result = api.post("/api/stock/imports", {"file": SimpleUploadedFile("list.xlsx", data)}).json()["result"]
    assert (result["lines"], result["created"], result["wrong"]) == (3, 2, 1)
    assert str(Product.objects.get(sku="A").price) == "1.10"
    assert Level.objects.get(product__sku="7").on_hand == 3


def test_a_broken_sheet_is_dead_at_once_with_a_sentence(api: Client) -> None:
    for data in (b"PK\x03\x04\x00\x00", sheet(("a", "b"))):
        answer = api.post("/api/stock/imports", {"file": SimpleUploadedFile("list.xlsx", data)}).json()
        assert answer["status"] == State.DEAD
        assert any(said in answer["error"]["message"] for said in ("no spreadsheet", "must name the columns"))


@pytest.mark.django_db
def test_prices_change_by_percent_once_with_a_list_of_before_and_after() -> None:
    product("A", price="1.00", tags=["x"])
    product("B", price="0.33", tags=["x"])
    product("C", price="9.00")
    said = [change(tag="X", expected=2) for _ in range(2)]
    assert {sku: str(price) for sku, price in Product.objects.values_list("sku", "price")} == {"A": "1.10", "B": "0.36", "C": "9.00"}
    assert said[0] == said[1]
    with documents.get(tenant(), said[0]["document"]).file.open() as file:
        assert file.read().decode("utf-8-sig").splitlines()[1:] == ["A,Thing A,1.00,1.10", "B,Thing B,0.33,0.36"]


@pytest.mark.django_db
def test_units_change_for_all_or_for_none() -> None:
    product("A", 5)
    product("B", 2)
    apply([request("1", ("B", 2))])
    taken = change(kind="units_by", amount="-2", location="North")
    assert (taken["code"], taken["document"]) == ("not_enough", None)
    assert change(kind="units_by", amount="3", location="North")["rows"] == 2
    assert list(Level.objects.order_by("pk").values_list("on_hand", flat=True)) == [8, 5]
    assert change(kind="units_by", amount="-6", location="North")["code"] == "invalid_input"
    assert not drift()


@pytest.mark.django_db
def test_nothing_changes_when_other_products_are_meant_than_were_seen() -> None:
    product("A")
    assert change(expected=2)["code"] == "changed_since_preview"
    assert str(Product.objects.get().price) == "2.00"


def test_a_change_is_looked_at_first_over_http_and_on_its_page(api: Client, ended: Callable[[Job], Job]) -> None:
    product("A", price="1.00")
    looked = post(api, "changes/preview", kind="price_to", amount="3").json()
    assert looked == {"products": 1, "sample": [{"sku": "A", "name": "Thing A", "before": "1.00", "after": "3.00"}]}
    for wrong in ({"amount": "-1"}, {"amount": "1.234"}, {"kind": "units_by"}, {"kind": "other"}):
        assert post(api, "changes/preview", **({"kind": "price_to", "amount": "3"} | wrong)).status_code == 422, wrong
    assert post(api, "changes", kind="price_to", amount="3", expected=1).json()["result"]["rows"] == 1
    manager = client_of("manager")
    form = {"kind": "price_by", "amount": "100", "once": "8d1b2a5e-0000-4000-8000-000000000001"}
    assert "1 product would change" in manager.post("/stock/bulk/", form).content.decode()
    assert manager.post("/stock/bulk/", form | {"amount": "-101"}).status_code == 422
    where = {manager.post("/stock/bulk/", form | {"do": "", "expected": 1})["Location"] for _ in range(2)}
    assert len(where) == 1
    job = ended(Job.objects.filter(type="stock.change").latest("pk"))
    assert str(Product.objects.get().price) == "6.00"
    page = manager.get(where.pop()).content.decode()
    assert f"/stock/documents/{job.result['document']}/" in page
    assert "changes" in client_of("clerk").get("/stock/documents/").content.decode()


def test_a_large_file_reaches_an_event_loop_bit_by_bit(tmp_path: Path) -> None:
    path, content = tmp_path / "large", os.urandom(1_000_000)
    path.write_bytes(content)

    async def sent() -> list[bytes]:
        with path.open("rb") as file:
            return [part async for part in Attachment(file, "large.csv", "text/csv")]

    parts = asyncio.run(sent())
    assert (b"".join(parts), len(parts) > 10) == (content, True)
