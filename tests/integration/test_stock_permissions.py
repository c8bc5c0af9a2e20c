"""Who may do what in stock: every endpoint for every kind of caller; and no job that names who acts takes it from a client."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jobs.core.job_type import registry
from jobs.models import DeadLetter, Job
from jobs.services import tenants
from tests.support.stock import client_of, tenant

ABSENT = "8d1b2a5e-0000-4000-8000-000000000001"
LINE = {"sku": "A", "quantity": 1}
THERE = {"sku": "A", "location": "North", "quantity": 1, "why": "x"}
BETWEEN = {"sku": "A", "fromLocation": "North", "toLocation": "Shop", "quantity": 1}
LIST = b"sku,name,price,quantity,location\nA,Bolt,1,1,North\n"
# What each call needs: `read` or `submit` of any key and every customer; `clerk`, `manager` are roles.
NEEDS: dict[tuple[str, str], tuple[str, Any]] = {
    ("get", "/api/stock/products"): ("read", None),
    ("get", "/api/stock/uploads/{upload_id}/problems.csv"): ("read", None),
    ("get", "/api/stock/reservations"): ("read", None),
    ("get", "/api/stock/reservations/{id}"): ("read", None),
    ("get", "/api/stock/movements"): ("clerk", None),
    ("get", "/api/stock/levels"): ("clerk", None),
    ("post", "/api/stock/reservations"): ("submit", {"lines": [LINE]}),
    ("post", "/api/stock/reservations/{id}/confirm"): ("submit", {}),
    ("post", "/api/stock/reservations/{id}/release"): ("submit", {}),
    ("post", "/api/stock/reservations/{id}/extend"): ("submit", {"ttl": 60}),
    ("post", "/api/stock/imports"): ("clerk", "file"),
    ("post", "/api/stock/receipts"): ("clerk", THERE),
    ("post", "/api/stock/returns"): ("clerk", THERE),
    ("post", "/api/stock/transfers"): ("clerk", BETWEEN),
    ("post", "/api/stock/adjustments"): ("manager", THERE),
    ("post", "/api/stock/revaluations"): ("manager", {"sku": "A", "unitCost": 1, "why": "x"}),
    ("get", "/api/stock/orders"): ("clerk", None),
    ("get", "/api/stock/orders/{number}"): ("clerk", None),
    ("post", "/api/stock/orders"): ("manager", {"location": "North", "lines": []}),
    ("put", "/api/stock/orders/{number}/lines"): ("manager", {"lines": []}),
    ("post", "/api/stock/orders/{number}/send"): ("manager", {}),
    ("post", "/api/stock/orders/{number}/cancel"): ("manager", {}),
    ("post", "/api/stock/orders/{number}/receipts"): ("clerk", {"lines": [LINE]}),
    ("get", "/api/stock/products/{sku}"): ("clerk", None),
    ("post", "/api/stock/products"): ("manager", {"sku": "N", "name": "N", "price": 1}),
    ("patch", "/api/stock/products/{sku}"): ("manager", {}),
    ("get", "/api/stock/low"): ("clerk", None),
    ("get", "/api/stock/proposals"): ("clerk", None),
    ("post", "/api/stock/proposals"): ("manager", {}),
    ("post", "/api/stock/proposals/orders"): ("manager", {"run": "x", "location": "North"}),
    ("post", "/api/stock/exports"): ("clerk", {"kind": "products"}),
    ("get", "/api/stock/documents"): ("clerk", None),
    ("get", "/api/stock/documents/{id}/file"): ("clerk", None),
    ("post", "/api/stock/changes/preview"): ("manager", {"kind": "price_by", "amount": 1}),
    ("post", "/api/stock/changes"): ("manager", {"kind": "price_by", "amount": 1, "expected": 0}),
    ("get", "/api/stock/drifts"): ("clerk", None),
    ("post", "/api/stock/drifts/{number}/repair"): ("manager", {"believe": "ledger"}),
    ("post", "/api/stock/audits"): ("manager", {}),
    ("post", "/api/stock/reports"): ("clerk", {}),
    ("get", "/api/stock/reports/last"): ("clerk", None),
    ("get", "/api/stock/suppliers"): ("clerk", None),
    ("post", "/api/stock/suppliers"): ("manager", {"name": "Acme"}),
    ("put", "/api/stock/suppliers/{number}"): ("manager", {"name": "Acme"}),
    ("get", "/api/stock/locations"): ("clerk", None),
    ("post", "/api/stock/locations"): ("manager", {"name": "Attic"}),
    ("put", "/api/stock/locations/{number}"): ("manager", {"name": "Attic"}),
    ("get", "/api/stock/stocktakes"): ("clerk", None),
    ("get", "/api/stock/stocktakes/{number}"): ("clerk", None),
    ("get", "/api/stock/stocktakes/{number}/counts"): ("clerk", None),
    ("post", "/api/stock/stocktakes"): ("clerk", {"location": "North"}),
    ("post", "/api/stock/stocktakes/{number}/counts"): ("clerk", LINE),
    ("post", "/api/stock/stocktakes/{number}/apply"): ("manager", {}),
    ("post", "/api/stock/stocktakes/{number}/cancel"): ("manager", {}),
}
KEYS = {"reader": ["read"], "buyer": ["read", "submit"], "operator": ["read", "submit", "operate"]}
KEYS |= {"clerk": ["read", "submit", "clerk"], "manager": ["read", "submit", "manager"], "roleless": ["clerk", "manager"]}
MAY = {
    "read": {"reader", "buyer", "operator", "clerk", "manager"},
    "submit": {"buyer", "operator", "clerk", "manager"},
    "clerk": {"clerk", "manager"},
    "manager": {"manager"},
}


@pytest.fixture(autouse=True)
def _quiet(db: None, settings: Any, tmp_path: Any) -> None:
    settings.UPLOAD_DIR = tmp_path
    tenant()


def with_key(*scopes: str) -> Client:
    return Client(headers={"authorization": f"Bearer {tenants.create_key(tenant(), 'tests', scopes)[1]}"})


def call(client: Client, method: str, path: str, body: Any) -> int:
    url = path.replace("{id}", ABSENT).replace("{upload_id}", ABSENT).replace("{number}", "999999").replace("{sku}", "A")
    if method == "get":
        return client.get(url).status_code
    if body == "file":
        return client.post(url, {"file": SimpleUploadedFile("list.csv", LIST)}).status_code
    return client.generic(method.upper(), url, json.dumps(body), content_type="application/json").status_code


def allowed(client: Client) -> set[tuple[str, str]]:
    """The calls that are not refused for who asks: what they ask for may well be missing."""
    return {name for name, (_, body) in NEEDS.items() if call(client, *name, body) not in (401, 403)}


def expected(may: Callable[[str], bool]) -> set[tuple[str, str]]:
    return {name for name, (needs, _) in NEEDS.items() if may(needs)}


def test_the_matrix_names_every_endpoint_of_stock() -> None:
    paths = with_key("read").get("/api/openapi.json").json()["paths"]
    found = {(method, path) for path, operations in paths.items() for method in operations if path.startswith("/api/stock/")}
    assert found == set(NEEDS)


def test_a_stranger_may_nothing() -> None:
    assert {call(Client(), *name, body) for name, (_, body) in NEEDS.items()} == {401}


@pytest.mark.parametrize("who", KEYS)
def test_a_key_may_what_its_scopes_say(who: str) -> None:
    assert allowed(with_key(*KEYS[who])) == expected(lambda needs: who in MAY[needs])


@pytest.mark.parametrize("who", ["customer", "clerk", "manager"])
def test_a_person_may_what_their_role_says(who: str) -> None:
    assert allowed(client_of(who)) == expected(lambda needs: needs in ("read", "submit") or who in MAY[needs])


def acting() -> Iterator[str]:
    """The job types of stock whose payload says who acts."""
    for job_type in registry:
        if job_type.name.startswith("stock.") and {"by", "customer", "user"} & set(job_type.payload.model_fields):
            yield job_type.name


def test_every_job_that_says_who_acts_is_internal() -> None:
    names = set(acting())
    assert {"stock.reserve", "stock.confirm", "stock.adjust", "stock.receive", "stock.transfer"} <= names
    assert [name for name in names if not registry.get(name).internal] == []


@pytest.mark.parametrize("scopes", [["submit"], ["read", "submit", "operate", "clerk", "manager"]])
def test_no_key_submits_them_by_the_generic_door(scopes: list[str]) -> None:
    client, data = with_key(*scopes), {"sku": "A", "location": "North", "quantity": 5, "why": "x", "by": 1}
    one = {"type": "stock.adjust", "data": data}
    for url, body in (("/api/jobs", one), ("/api/jobs/batch", [one])):
        answer = client.post(url, body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert not Job.objects.exists()


def test_a_replay_may_not_name_another(transactional_db: None) -> None:
    letter = DeadLetter.objects.create(
        tenant=tenant(), reference="1", type="stock.adjust", queue="default", reason="timed_out", payload={**THERE, "by": 1}, message={}
    )
    url, client = f"/api/dead-letters/{letter.pk}/replay", with_key("operate")
    assert client.post(url, {"data": {**THERE, "by": 2}}, content_type="application/json").status_code == 403
    assert client.post(url, {}, content_type="application/json").status_code == 202
    assert Job.objects.get().payload["by"] == 1
