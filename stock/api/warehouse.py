"""The warehouse over HTTP: receive, transfer, adjust by jobs; the ledger, and levels as of any moment."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from jobs.api import waiting
from jobs.api.schemas import Camel
from stock import warehouse
from stock.api import doors
from stock.queries import ledger
from stock.services import roles

router = Router(tags=["stock"])


class ReceiveIn(Camel):
    sku: str
    location: str
    quantity: int
    why: str = ""


class TransferIn(Camel):
    sku: str
    from_location: str
    to_location: str
    quantity: int


class MovementOut(Camel):
    id: int
    at: datetime
    sku: str
    location: str
    kind: str
    quantity: int
    by: str
    why: str
    reference: str


class LevelAsOf(Camel):
    sku: str
    location: str
    on_hand: int


@router.post("/stock/receipts", response=waiting.RESPONSES, by_alias=True)
def receive(request: HttpRequest, response: HttpResponse, body: ReceiveIn) -> Any:
    """Take units in. For clerks."""
    return _submit(request, response, roles.CLERK, warehouse.receive, warehouse.Receive, body)


@router.post("/stock/returns", response=waiting.RESPONSES, by_alias=True)
def take_back(request: HttpRequest, response: HttpResponse, body: ReceiveIn) -> Any:
    """Take back what a customer returns. For clerks."""
    return _submit(request, response, roles.CLERK, warehouse.take_back, warehouse.Receive, body)


@router.post("/stock/transfers", response=waiting.RESPONSES, by_alias=True)
def transfer(request: HttpRequest, response: HttpResponse, body: TransferIn) -> Any:
    """Bring units from one location to another. For clerks."""
    return _submit(request, response, roles.CLERK, warehouse.transfer, warehouse.Transfer, body)


@router.post("/stock/adjustments", response=waiting.RESPONSES, by_alias=True)
def adjust(request: HttpRequest, response: HttpResponse, body: ReceiveIn) -> Any:
    """Correct the books by hand, and say why. For managers."""
    return _submit(request, response, roles.MANAGER, warehouse.adjust, warehouse.Adjust, body)


def _submit(request: HttpRequest, response: HttpResponse, role: str, verb: Any, kind: type[Any], body: Camel) -> Any:
    tenant = doors.acts(request, role)
    return doors.submit(request, response, tenant, verb, kind, body.dict() | {"by": doors.id_of(request)})


@router.get("/stock/movements", response=list[MovementOut], by_alias=True)
def movements(request: HttpRequest, sku: doors.Word = "", before: int | None = None, limit: int = 50) -> Any:
    """The ledger, the newest first; `before` is the last id of the page before. For clerks."""
    tenant = doors.looks(request)
    rows = ledger.movements(tenant, sku)
    rows = rows.filter(pk__lt=before) if before else rows
    return [_out(row) for row in rows[: max(1, min(limit, ledger.MOST))]]


@router.get("/stock/levels", response=list[LevelAsOf], by_alias=True)
def levels(request: HttpRequest, as_of: datetime | None = None, sku: doors.Word = "") -> Any:
    """What lay where at that moment; now, without one. For clerks."""
    tenant = doors.looks(request)
    moment = as_of or timezone.now()
    return ledger.as_of(tenant, moment if timezone.is_aware(moment) else timezone.make_aware(moment), sku)


def _out(row: Any) -> dict[str, Any]:
    same = {name: getattr(row, name) for name in ("id", "at", "kind", "quantity", "why", "reference")}
    return same | {"sku": row.product.sku, "location": row.location.name, "by": row.by.get_username() if row.by else ""}
