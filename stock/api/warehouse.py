"""The warehouse over HTTP: receive, transfer, adjust, revalue by jobs; the ledger, and levels as of any moment."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic import Field

from jobs.api import waiting
from jobs.api.schemas import Camel
from stock import warehouse
from stock.api import doors
from stock.queries import ledger
from stock.services import roles
from stock.warehouse import Cost

router = Router(tags=["stock"])
MONEY = ("unit_cost", "value", "unit_price")


class ReceiveIn(Camel):
    sku: str
    location: str
    quantity: int
    why: str = ""


class CostlyIn(ReceiveIn):
    unit_cost: Cost | None = Field(default=None, description="What one was bought for; without, the average. For managers.")


class RevalueIn(Camel):
    sku: str
    unit_cost: Cost
    why: str


class TransferIn(Camel):
    sku: str
    from_location: str
    to_location: str
    quantity: int


class MovementOut(Camel):
    id: int
    at: datetime
    sku: str
    location: str = Field(description="Empty for a revaluation.")
    kind: str
    quantity: int
    unit_cost: Decimal | None = Field(description="This and what follows of money: for managers.")
    value: Decimal | None
    unit_price: Decimal | None
    by: str
    why: str
    reference: str


class LevelAsOf(Camel):
    sku: str
    location: str
    on_hand: int
    unit_cost: Decimal | None = Field(description="The average of that moment. For managers.")
    value: Decimal | None


@router.post("/stock/receipts", response=waiting.RESPONSES, by_alias=True)
def receive(request: HttpRequest, response: HttpResponse, body: CostlyIn) -> Any:
    """Take units in. For clerks; a `unitCost` is for managers."""
    return _submit(request, response, roles.CLERK if body.unit_cost is None else roles.MANAGER, warehouse.receive, warehouse.Receive, body)


@router.post("/stock/returns", response=waiting.RESPONSES, by_alias=True)
def take_back(request: HttpRequest, response: HttpResponse, body: ReceiveIn) -> Any:
    """Take back what a customer returns. For clerks."""
    return _submit(request, response, roles.CLERK, warehouse.take_back, warehouse.Receive, body)


@router.post("/stock/transfers", response=waiting.RESPONSES, by_alias=True)
def transfer(request: HttpRequest, response: HttpResponse, body: TransferIn) -> Any:
    """Bring units from one location to another. For clerks."""
    return _submit(request, response, roles.CLERK, warehouse.transfer, warehouse.Transfer, body)


@router.post("/stock/adjustments", response=waiting.RESPONSES, by_alias=True)
def adjust(request: HttpRequest, response: HttpResponse, body: CostlyIn) -> Any:
    """Correct the books by hand, and say why. For managers."""
    return _submit(request, response, roles.MANAGER, warehouse.adjust, warehouse.Adjust, body)


@router.post("/stock/revaluations", response=waiting.RESPONSES, by_alias=True)
def revalue(request: HttpRequest, response: HttpResponse, body: RevalueIn) -> Any:
    """Say what a unit cost: what lies there is worth that from now on. For managers."""
    return _submit(request, response, roles.MANAGER, warehouse.revalue, warehouse.Revalue, body)


def _submit(request: HttpRequest, response: HttpResponse, role: str, verb: Any, kind: type[Any], body: Camel) -> Any:
    tenant = doors.acts(request, role)
    return doors.submit(request, response, tenant, verb, kind, body.dict() | {"by": doors.id_of(request)})


@router.get("/stock/movements", response=list[MovementOut], by_alias=True)
def movements(request: HttpRequest, sku: doors.Word = "", before: int | None = None, limit: int = 50) -> Any:
    """The ledger, the newest first; `before` is the last id of the page before. For clerks."""
    tenant = doors.looks(request)
    rows = ledger.movements(tenant, sku)
    rows = rows.filter(pk__lt=before) if before else rows
    costs = roles.sees_costs(request)
    return [_out(row, costs) for row in rows[: max(1, min(limit, ledger.MOST))]]


@router.get("/stock/levels", response=list[LevelAsOf], by_alias=True)
def levels(request: HttpRequest, as_of: datetime | None = None, sku: doors.Word = "") -> Any:
    """What lay where at that moment, and what it cost; now, without one. For clerks."""
    tenant, costs = doors.looks(request), roles.sees_costs(request)
    moment = as_of or timezone.now()
    there = ledger.as_of(tenant, moment if timezone.is_aware(moment) else timezone.make_aware(moment), sku)
    return there if costs else [replace(row, unit_cost=None, value=None) for row in there]


def _out(row: Any, costs: bool) -> dict[str, Any]:
    same = {name: getattr(row, name) for name in ("id", "at", "kind", "quantity", "why", "reference")}
    money = {name: getattr(row, name) if costs else None for name in MONEY}
    place = row.location.name if row.location else ""
    return same | money | {"sku": row.product.sku, "location": place, "by": row.by.get_username() if row.by else ""}
