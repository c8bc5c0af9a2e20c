"""Purchase orders over HTTP. An order is a document: drafting, sending and cancelling answer at once. What comes in changes
levels, and that is a job."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from ninja import Header, Router, Status
from pydantic import Field

from jobs.api import waiting
from jobs.api.auth import person_of
from jobs.api.schemas import Camel
from stock import purchasing
from stock.api import doors
from stock.models import PurchaseOrder
from stock.queries import orders as queries
from stock.services import partners, roles
from stock.services import purchasing as verbs
from stock.warehouse import Cost

router = Router(tags=["stock"])
Quantity = Annotated[int, Field(ge=0, le=1_000_000, description="0 takes the line off.")]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=100)]


class OrderLineIn(Camel):
    sku: doors.Name
    quantity: Quantity
    unit_cost: Cost | None = Field(default=None, description="What one costs; without, what it did the last time. For managers.")


class LinesIn(Camel):
    lines: Annotated[list[OrderLineIn], Field(max_length=verbs.MOST_LINES)]

    def units(self) -> dict[str, int]:
        return {line.sku: line.quantity for line in self.lines}

    def costs(self) -> dict[str, Decimal]:
        return {line.sku: line.unit_cost for line in self.lines if line.unit_cost is not None}


class OrderIn(LinesIn):
    location: str
    supplier: Annotated[str, Field(max_length=120, pattern=doors.TEXT)] = ""
    expected_on: date | None = None


class ArrivedIn(LinesIn):
    over: bool = Field(default=False, description="Take more than was ordered.")


class OrderLineOut(Camel):
    sku: str
    name: str
    quantity: int
    received: int
    due: int
    unit_cost: Decimal | None = Field(description="For managers.")


class OrderOut(Camel):
    id: int
    state: str
    supplier: str
    location: str
    made_at: datetime
    ordered_at: datetime | None
    expected_on: date | None
    lines: list[OrderLineOut]


class OrderPage(Camel):
    items: list[OrderOut]
    next: int | None


@router.get("/stock/orders", response=OrderPage, by_alias=True)
def search(request: HttpRequest, state: str = "", before: int | None = None, limit: int = 50) -> Any:
    """Purchase orders, the newest first; `before` is `next` of the page before. For clerks."""
    rows = queries.of(doors.looks(request), state).prefetch_related("lines__product")
    found, cursor = queries.page(rows, before, limit)
    return {"items": [out(request, order) for order in found], "next": cursor}


@router.post("/stock/orders", response={201: OrderOut}, by_alias=True)
def draft(request: HttpRequest, body: OrderIn, idempotency_key: Key = None) -> Any:
    """Draft an order; a known `Idempotency-Key` answers the order that it made. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    reference = f"request:{idempotency_key or uuid4()}"
    supplier, location = partners.supplier(tenant, body.supplier), partners.location(tenant, body.location)
    words: dict[str, Any] = {"supplier": supplier, "expected_on": body.expected_on, "by": person_of(request), "costs": body.costs()}
    order = verbs.draft(tenant, location, reference, body.units(), **words)
    return Status(201, out(request, queries.get(tenant, order.pk)))


@router.get("/stock/orders/{int:number}", response=OrderOut, by_alias=True)
def get(request: HttpRequest, number: int) -> Any:
    """One order with its lines. For clerks."""
    return out(request, queries.get(doors.looks(request), number))


@router.put("/stock/orders/{int:number}/lines", response=OrderOut, by_alias=True)
def revise(request: HttpRequest, number: int, body: LinesIn) -> Any:
    """Set lines of a draft; a line that is not named stays. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    return out(request, queries.get(tenant, verbs.revise(tenant, number, body.units(), body.costs()).pk))


@router.post("/stock/orders/{int:number}/send", response=OrderOut, by_alias=True)
def send(request: HttpRequest, number: int) -> Any:
    """Send it: it is on order from now, and its supplier gets a mail. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    return out(request, queries.get(tenant, purchasing.send(tenant, number, person_of(request)).pk))


@router.post("/stock/orders/{int:number}/cancel", response=OrderOut, by_alias=True)
def cancel(request: HttpRequest, number: int) -> Any:
    """Nothing more will come of it. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    return out(request, queries.get(tenant, verbs.cancel(tenant, number).pk))


@router.post("/stock/orders/{int:number}/receipts", response=waiting.RESPONSES, by_alias=True)
def receive(request: HttpRequest, response: HttpResponse, number: int, body: ArrivedIn, idempotency_key: Key = None) -> Any:
    """Take in what came, by a job; its result says `over_receipt` where more came than is due and `over` is not set. For clerks; a
    `unitCost` that differs from the order's is for managers."""
    tenant = doors.acts(request, roles.MANAGER if body.costs() else roles.CLERK)
    queries.get(tenant, number)
    data = {"order": number, "lines": [line.dict() for line in body.lines], "over": body.over, "by": doors.id_of(request)}
    return doors.submit(request, response, tenant, purchasing.receive_order, purchasing.ReceiveOrder, data, idempotency_key)


def out(request: HttpRequest, order: PurchaseOrder) -> dict[str, Any]:
    costs = roles.sees_costs(request)
    same = {name: getattr(order, name) for name in ("id", "state", "made_at", "ordered_at", "expected_on")}
    lines = [
        {name: getattr(v, name) for name in ("quantity", "received", "due")}
        | {"sku": v.product.sku, "name": v.product.name, "unit_cost": v.unit_cost if costs else None}
        for v in order.lines.all()
    ]
    return same | {"supplier": order.supplier.name if order.supplier else "", "location": order.location.name, "lines": lines}
