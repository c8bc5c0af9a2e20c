"""Replenishment over HTTP: have proposals made, look at them, turn them into orders."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from jobs.api import waiting
from jobs.api.auth import person_of
from jobs.api.schemas import Camel
from stock import replenishing
from stock.api import doors
from stock.api.orders import OrderOut, out
from stock.queries import orders
from stock.services import partners, replenishment, roles
from stock.warehouse import Nothing

router = Router(tags=["stock"])


class ProposalOut(Camel):
    run: str
    sku: str
    name: str
    supplier: str
    quantity: int
    position: int
    reorder_point: int
    safety: int
    sold: int
    refused: int
    days: int
    order: int | None
    made_at: datetime


class ChosenIn(Camel):
    sku: doors.Name
    quantity: Annotated[int, Field(ge=1, le=1_000_000)]


class OrderProposals(Camel):
    run: Annotated[str, Field(max_length=120, pattern=doors.TEXT)]
    location: str
    lines: Annotated[list[ChosenIn], Field(max_length=500)] | None = Field(default=None, description="All as proposed, without.")


@router.get("/stock/proposals", response=list[ProposalOut], by_alias=True)
def board(request: HttpRequest, after: doors.Word = "", limit: int = 100) -> Any:
    """What should be ordered, by SKU; `after` is the last SKU of the page before. For clerks."""
    rows = replenishment.board(doors.looks(request)).filter(product__sku__gt=after).order_by("product__sku")
    return [_out(row) for row in rows[: max(1, min(limit, 500))]]


@router.post("/stock/proposals", response=waiting.RESPONSES, by_alias=True)
def propose(request: HttpRequest, response: HttpResponse) -> Any:
    """Look at demand anew, by a job. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    return doors.submit(request, response, tenant, replenishing.propose, Nothing, {})


@router.post("/stock/proposals/orders", response={201: list[OrderOut]}, by_alias=True)
def order(request: HttpRequest, body: OrderProposals) -> Any:
    """Turn proposals into drafts of orders, one for each supplier, once. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    units = None if body.lines is None else {line.sku: line.quantity for line in body.lines}
    made = replenishment.order(tenant, body.run, partners.location(tenant, body.location), units, person_of(request))
    return Status(201, [out(request, orders.get(tenant, row.pk)) for row in made])


def _out(row: Any) -> dict[str, Any]:
    same = ("run", "quantity", "position", "reorder_point", "safety", "sold", "refused", "days", "made_at")
    product = row.product
    named = {"sku": product.sku, "name": product.name, "supplier": product.supplier.name if product.supplier else ""}
    return {name: getattr(row, name) for name in same} | named | {"order": row.order_id}
