"""A price list through the API, a real worker, into PostgreSQL."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from jobs.core.states import State
from jobs.models import Job, Tenant
from jobs.services import tenants
from stock.models import Level, Product
from stock.tasks import ImportProducts, import_products

HEADER = b"sku,name,price,quantity,location\n"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.UPLOAD_DIR = tmp_path


@pytest.fixture
def api(platform: None) -> Client:
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "tests", ["read", "submit", "clerk"])[1]
    return Client(headers={"authorization": f"Bearer {secret}"})


def send(api: Client, data: bytes, **more: Any) -> Job:
    answer = api.post("/api/stock/imports", {"file": SimpleUploadedFile("list.csv", data), **more})
    assert answer.status_code == 202, answer.content
    return Job.objects.get(pk=answer.json()["jobId"])


def test_a_list_is_imported_with_counts_and_its_wrong_lines_can_be_downloaded(api: Client, ended: Callable[[Job], Job]) -> None:
    job = ended(send(api, HEADER + b"A-1,Bolt,1.50,5,North\nA-2,,1,1,North\nA-1,Bolt,1.50,7,South\n"))
    assert job.state == State.SUCCEEDED, job.error
    assert job.result == {"lines": 3, "created": 1, "updated": 0, "wrong": 1, "dry_run": False}
    (product,) = api.get("/api/stock/products").json()
    assert [(v["location"], v["onHand"]) for v in product["levels"]] == [("North", 5), ("South", 7)]
    problems = api.get(f"/api/stock/uploads/{job.payload['upload']}/problems.csv").content.decode()
    assert problems.splitlines() == ["line,field,message", "3,name,is empty"]


def test_a_large_list_shows_progress_and_a_second_import_changes_nothing(api: Client, ended: Callable[..., Job], tmp_path: Path) -> None:
    call_command("sample_price_list", str(tmp_path / "sample.csv"), lines=3000)
    data = (tmp_path / "sample.csv").read_bytes()
    first = ended(send(api, data))
    assert (first.result["created"], first.progress["total"]) == (3000, 3000)
    before = list(Product.objects.values_list("sku", "price"))
    again = ended(send(api, data))
    assert (again.result["created"], again.result["updated"]) == (0, 3000)
    assert list(Product.objects.values_list("sku", "price")) == before


def test_waiting_on_an_import_answers_its_end(api: Client) -> None:
    file = SimpleUploadedFile("list.csv", HEADER + b"A-1,Bolt,1.50,5,North\n")
    answer = api.post("/api/stock/imports", {"file": file}, headers={"prefer": "wait=10"})
    assert (answer.status_code, answer["Preference-Applied"]) == (200, "wait=10")
    assert answer.json()["result"]["created"] == 1


def test_a_dry_run_writes_nothing(api: Client, ended: Callable[[Job], Job]) -> None:
    job = ended(send(api, HEADER + b"A-1,Bolt,1.50,5,North\n", dry_run="true"))
    assert job.result["created"] == 1
    assert not Product.objects.exists()


def test_a_file_that_is_no_price_list_is_dead_at_once_with_a_sentence(api: Client, ended: Callable[[Job], Job]) -> None:
    job = ended(send(api, b"\x89PNG\0\0"))
    assert (job.state, job.attempt) == (State.DEAD, 1)
    assert "binary file" in job.error["message"]


def test_reserved_units_are_never_imported_away(api: Client, ended: Callable[[Job], Job]) -> None:
    ended(send(api, HEADER + b"A-1,Bolt,1.50,5,North\n"))
    Level.objects.update(reserved=4)
    job = ended(send(api, HEADER + b"A-1,Bolt,1.75,3,North\n"))
    assert job.result["wrong"] == 1
    assert Level.objects.get().on_hand == 5


def test_another_tenants_upload_is_not_found(api: Client, ended: Callable[[Job], Job]) -> None:
    mine = ended(send(api, HEADER))
    other = Tenant.objects.create(slug="other", name="Other")
    job = ended(import_products.submit(ImportProducts(upload=mine.payload["upload"]), tenant=other))
    assert (job.state, job.error["type"]) == (State.DEAD, "GiveUp")


def test_the_command_line_imports_by_a_job_and_says_what_was_wrong(platform: None, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(b"sku,name,price,quantity,location,cost\nA-1,Bolt,1.50,5,North,0.75\n")
    call_command("stock_import", str(file), wait=20)
    assert "1 lines: 1 new, 0 known, 0 wrong." in capsys.readouterr().out
    assert Product.objects.get().valuation.average == Decimal("0.75")
    file.write_bytes(HEADER + b"A-1,Bolt,1.50,5,North\nA-2,,1,1,North\n")
    with pytest.raises(CommandError, match="1 lines were not taken"):
        call_command("stock_import", str(file), wait=20)
    assert "line 3: name is empty" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_command_line_refuses_what_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"a,b\n")
    for name, said in (("list.csv", "must name the columns"), ("absent.csv", "No such file")):
        with pytest.raises(CommandError, match=said):
            call_command("stock_import", str(tmp_path / name))
    assert not Job.objects.exists()
