"""The OpenAPI file tells the truth: what the API answers fits the schema it publishes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from jobs.models import Job, Tenant
from jobs.services import tenants
from jobs.testing import perform
from stock import papers, replenishing, reporting
from stock.models import Level, Location
from stock.services import audit, counting, purchasing
from tests.integration.test_dead_letters import kept
from tests.support import sample_jobs
from tests.support.sample_jobs import Nothing
from tests.support.stock import product, tenant

ERRORS = {"401", "403", "404", "409", "413", "422", "429", "503"}


@pytest.fixture
def api(platform: None) -> Client:
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "tests", ["read", "submit", "operate"])[1]
    return Client(headers={"authorization": f"Bearer {secret}"})


@pytest.fixture
def document(api: Client) -> dict[str, Any]:
    return api.get("/api/openapi.json").json()  # type: ignore[no-any-return]


def conforms(document: dict[str, Any], method: str, path: str, answer: Any) -> None:
    """The body of the answer fits what the document says of that call and status."""
    said = document["paths"][path][method.lower()]["responses"][str(answer.status_code)]
    kind = answer["Content-Type"].split(";")[0]
    schema = said["content"][kind]["schema"] | {"components": document["components"]}
    Draft202012Validator(schema).validate(orjson.loads(answer.content))


def test_every_operation_documents_the_errors_that_it_may_answer(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert set(operation["responses"]) >= ERRORS, (method, path)


def test_what_is_answered_fits_what_is_published(api: Client, document: dict[str, Any], ended: Callable[[Job], Job]) -> None:
    job = ended(sample_jobs.give_up.submit(Nothing()))
    (letter,) = kept(1)
    calls = {
        "/api/jobs": "/api/jobs",
        "/api/jobs/{job_id}": f"/api/jobs/{job.pk}",
        "/api/jobs/{job_id}/timeline": f"/api/jobs/{job.pk}/timeline",
        "/api/types": "/api/types",
        "/api/types/unknown": "/api/types/unknown",
        "/api/queues": "/api/queues",
        "/api/dead-letters": "/api/dead-letters",
        "/api/dead-letters/{number}": f"/api/dead-letters/{letter.pk}",
        "/api/stock/products": "/api/stock/products",
    }
    for path, url in calls.items():
        answer = api.get(url)
        assert answer.status_code == 200, url
        conforms(document, "GET", path, answer)


def test_what_the_warehouse_answers_fits_what_is_published(platform: None, settings: Any, tmp_path: Path) -> None:
    settings.UPLOAD_DIR = tmp_path
    secret = tenants.create_key(tenant(), "tests", ["read", "submit", "manager"])[1]
    api = Client(headers={"authorization": f"Bearer {secret}"})
    product("A", 2, low_at=5)
    place = Location.objects.get()
    order = purchasing.draft(tenant(), place, "1", {"A": 1})
    stocktake = counting.start(tenant(), place)
    for job, data in ((replenishing.propose, {}), (reporting.report, {}), (papers.export, {"kind": "products"})):
        perform(job, data, id=job.type.name)
    Level.objects.update(on_hand=3)
    audit.audit(tenant())
    calls = {f"/api/stock/{path}": f"/api/stock/{path}" for path in ("orders", "stocktakes", "low", "proposals", "documents", "drifts")}
    calls |= {f"/api/stock/{path}": f"/api/stock/{path}" for path in ("suppliers", "locations", "movements", "levels", "reports/last")}
    calls["/api/stock/orders/{number}"] = f"/api/stock/orders/{order.pk}"
    calls["/api/stock/stocktakes/{number}"] = f"/api/stock/stocktakes/{stocktake.pk}"
    calls["/api/stock/stocktakes/{number}/counts"] = f"/api/stock/stocktakes/{stocktake.pk}/counts"
    calls["/api/stock/products/{sku}"] = "/api/stock/products/A"
    document = api.get("/api/openapi.json").json()
    for path, url in calls.items():
        answer = api.get(url)
        assert (answer.status_code, bool(answer.json())) == (200, path != "/api/stock/suppliers"), url
        conforms(document, "GET", path, answer)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "sample.double", "data": {"number": 1}}, 202),
        ({"type": "sample.double", "data": {"number": "x"}}, 422),
        ({"type": "no.such"}, 422),
        ({}, 422),
    ],
)
def test_submissions_and_their_errors_fit(api: Client, document: dict[str, Any], body: Any, status: int) -> None:
    answer = api.post("/api/jobs", body, content_type="application/json")
    assert answer.status_code == status
    conforms(document, "POST", "/api/jobs", answer)


def test_a_missing_job_fits(api: Client, document: dict[str, Any]) -> None:
    answer = api.get("/api/jobs/8d1b2a5e-0000-4000-8000-000000000001")
    conforms(document, "GET", "/api/jobs/{job_id}", answer)
