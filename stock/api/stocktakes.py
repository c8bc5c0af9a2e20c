"""Stocktakes over HTTP: begin, count, look at the differences, apply by a job."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from jobs.api import waiting
from jobs.api.auth import person_of
from jobs.api.schemas import Camel
from stock import counting
from stock.api import doors
from stock.models import StocktakeLine
from stock.queries import stocktakes as queries
from stock.queries.stocktakes import Show
from stock.services import counting as verbs
from stock.services import partners, roles

router = Router(tags=["stock"])


class StocktakeIn(Camel):
    location: str


class CountIn(Camel):
    sku: doors.Name
    quantity: Annotated[int, Field(ge=0, le=verbs.MOST_UNITS)]
    add: bool = Field(default=False, description="So many more were found; else: so many there are.")
    scan: Annotated[str, Field(max_length=100, pattern=doors.TEXT)] = Field(default="", description="Of one name, it is added once.")


class ApplyIn(Camel):
    missing: bool = Field(default=False, description="What was not counted is not there.")


class StocktakeOut(Camel):
    id: int
    state: str
    location: str
    started_at: datetime
    applied_at: datetime | None
    total: int
    counted: int
    differences: int
    more: int
    fewer: int
    problems: int


class CountOut(Camel):
    sku: str
    name: str
    expected: int
    counted: int | None
    difference: int | None
    counted_at: datetime | None
    problem: str


class CountPage(Camel):
    items: list[CountOut]
    next: str


@router.get("/stock/stocktakes", response=list[StocktakeOut], by_alias=True)
def search(request: HttpRequest, before: int | None = None, limit: int = 50) -> Any:
    """Stocktakes, the newest first; `before` is the last id of the page before. For clerks."""
    rows = queries.of(doors.looks(request))
    rows = rows.filter(pk__lt=before) if before else rows
    return [_out(row) for row in rows[: max(1, min(limit, queries.MOST))]]


@router.post("/stock/stocktakes", response={201: StocktakeOut}, by_alias=True)
def start(request: HttpRequest, body: StocktakeIn) -> Any:
    """Begin to count a location; where a count is under way, that one. For clerks."""
    tenant = doors.acts(request, roles.CLERK)
    made = verbs.start(tenant, partners.location(tenant, body.location), person_of(request))
    return Status(201, _out(queries.get(tenant, made.pk)))


@router.get("/stock/stocktakes/{int:number}", response=StocktakeOut, by_alias=True)
def get(request: HttpRequest, number: int) -> Any:
    """One stocktake. For clerks."""
    return _out(queries.get(doors.looks(request), number))


@router.get("/stock/stocktakes/{int:number}/counts", response=CountPage, by_alias=True)
def lines(request: HttpRequest, number: int, show: str = Show.ALL.value, after: doors.Word = "", limit: int = 50) -> Any:
    """Its lines by SKU: `all`, `differences`, `uncounted` or `problems`. For clerks."""
    found, cursor = queries.lines(queries.get(doors.looks(request), number), show, after, limit)
    return {"items": [_line(line) for line in found], "next": cursor}


@router.post("/stock/stocktakes/{int:number}/counts", response=CountOut, by_alias=True)
def count(request: HttpRequest, number: int, body: CountIn) -> Any:
    """Say how many there are; 409 `moved_meanwhile` where counts can't be added up. For clerks."""
    tenant = doors.acts(request, roles.CLERK)
    return _line(verbs.count(tenant, number, body.sku, body.quantity, add=body.add, scan=body.scan, by=person_of(request)))


@router.post("/stock/stocktakes/{int:number}/apply", response=waiting.RESPONSES, by_alias=True)
def apply(request: HttpRequest, response: HttpResponse, number: int, body: ApplyIn) -> Any:
    """Bring the books to what was counted, by a job. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    queries.get(tenant, number)
    data = {"stocktake": number, "missing": body.missing, "by": doors.id_of(request)}
    return doors.submit(request, response, tenant, counting.apply_count, counting.ApplyCount, data)


@router.post("/stock/stocktakes/{int:number}/cancel", response=StocktakeOut, by_alias=True)
def cancel(request: HttpRequest, number: int) -> Any:
    """Forget the count; the books stay. For managers."""
    tenant = doors.acts(request, roles.MANAGER)
    return _out(queries.get(tenant, verbs.cancel(tenant, number).pk))


def _out(row: Any) -> dict[str, Any]:
    names = ("id", "state", "started_at", "applied_at", "total", "counted", "differences", "more", "fewer", "problems")
    return {name: getattr(row, name) for name in names} | {"location": row.location.name}


def _line(line: StocktakeLine) -> dict[str, Any]:
    names = ("expected", "counted", "difference", "counted_at", "problem")
    return {name: getattr(line, name) for name in names} | {"sku": line.product.sku, "name": line.product.name}
