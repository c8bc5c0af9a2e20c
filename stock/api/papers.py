"""Exports, changes in bulk, and the files they leave, over HTTP."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from jobs.api import waiting
from jobs.api.schemas import Camel
from jobs.infra.files import Attachment
from stock import papers
from stock.api import doors
from stock.services import bulk, documents, exports, roles
from stock.web.documents import served

router = Router(tags=["stock"])
SAMPLE = 20


class ExportIn(Camel):
    kind: exports.Kind
    format: exports.Format = exports.Format.CSV
    costs: bool = Field(default=False, description="With what things cost: for managers, and so is the file.")


class ChangeIn(Camel):
    kind: bulk.Kind
    amount: Decimal = Field(description="Percent, a price, or units.")
    location: str = ""
    q: str = ""
    tag: str = ""
    supplier: str = ""


class ChangeNow(ChangeIn):
    expected: int = Field(description="How many products the preview has named.")


class EffectOut(Camel):
    sku: str
    name: str
    before: Decimal
    after: Decimal


class PreviewOut(Camel):
    products: int
    sample: list[EffectOut]


class DocumentOut(Camel):
    id: UUID
    name: str
    rows: int
    made_at: datetime


@router.post("/stock/exports", response=waiting.RESPONSES, by_alias=True)
def export(request: HttpRequest, response: HttpResponse, body: ExportIn) -> Any:
    """Write products, movements or orders into a file, by a job; its result names the document. For clerks."""
    tenant = doors.acts(request, roles.MANAGER if body.costs else roles.CLERK)
    return doors.submit(request, response, tenant, papers.export, papers.Export, body.dict())


@router.get("/stock/documents", response=list[DocumentOut], by_alias=True)
def search(request: HttpRequest, limit: int = 50) -> Any:
    """Files that jobs have made, the newest first; kept for 30 days. For clerks."""
    rows = documents.seen(doors.looks(request), roles.of_request(request))[: max(1, min(limit, 100))]
    return [{"id": row.pk, "name": row.name, "rows": row.summary.get("rows", 0), "made_at": row.made_at} for row in rows]


@router.get("/stock/documents/{uuid:id}/file", response={200: Any})
def download(request: HttpRequest, id: UUID) -> Attachment:
    """The file itself. For clerks."""
    return served(documents.get(doors.looks(request), id, roles.of_request(request)))


@router.post("/stock/changes/preview", response=PreviewOut, by_alias=True)
def preview(request: HttpRequest, body: ChangeIn) -> Any:
    """What a change in bulk would do; nothing is changed. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    change = doors.payload(papers.Change, body.dict()).change()
    meant = bulk.products(tenant, change)
    sample = [
        {"sku": effect.product.sku, "name": effect.product.name, "before": effect.before, "after": effect.after}
        for effect in bulk.effects(tenant, change, meant[:SAMPLE])
    ]
    return {"products": meant.count(), "sample": sample}


@router.post("/stock/changes", response=waiting.RESPONSES, by_alias=True)
def change(request: HttpRequest, response: HttpResponse, body: ChangeNow) -> Any:
    """Change many prices or quantities, all or none, by a job; its result names a list of before and after. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    return doors.submit(request, response, tenant, papers.change, papers.Change, body.dict() | {"by": doors.id_of(request)})
