"""The report over HTTP: have one made, read the last one's figures."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from jobs.api import waiting
from jobs.api.schemas import Camel
from jobs.core.errors import NotFound
from stock import reporting
from stock.api import doors
from stock.services import documents, roles
from stock.warehouse import Nothing

router = Router(tags=["stock"])


class Part(Camel):
    label: str
    units: int
    value: float


class Day(Camel):
    day: str
    value: float


class CostsOut(Camel):
    """At what things cost. `unknown`: units of which nobody has said it."""

    value: float
    unknown: int
    spent: float
    earned: float
    margin: float | None
    turnover: float | None
    locations: list[Part]
    top: list[Part]
    earners: list[Part]
    series: list[Day]


class ReportOut(Camel):
    document: UUID
    made_at: datetime
    value: float
    units: int
    reserved: int
    sold: int
    days: int
    turnover: float | None
    idle: int
    ageing: list[Part]
    locations: list[Part]
    top: list[Part]
    series: list[Day]
    costs: CostsOut | None = Field(default=None, description="For managers.")


@router.post("/stock/reports", response=waiting.RESPONSES, by_alias=True)
def make(request: HttpRequest, response: HttpResponse) -> Any:
    """Report stock value, turnover and ageing as a workbook with charts, by a job. For clerks."""
    return doors.submit(request, response, doors.acts(request, roles.CLERK), reporting.report, Nothing, {})


@router.get("/stock/reports/last", response=ReportOut, by_alias=True)
def last(request: HttpRequest) -> Any:
    """The figures of the last report; its workbook is the document. For clerks; what things cost for managers."""
    found = documents.last_report(doors.looks(request), roles.of_request(request))
    if found is None:
        raise NotFound("No report was made yet.")
    said = found.summary["report"]
    costs = said.get("costs")
    known = {"document": found.pk, "made_at": found.made_at, "costs": _named(costs) if costs else None}
    return _named(said) | known


def _named(said: dict[str, Any]) -> dict[str, Any]:
    """Its lists with the names of what stands in them."""
    parts = {
        name: [{"label": label, "units": units, "value": value} for label, units, value in said[name]]
        for name in ("ageing", "locations", "top", "earners")
        if name in said
    }
    return said | parts | {"series": [{"day": day, "value": value} for day, value in said["series"]]}
