"""The report on a page: its figures, charts with the same figures as tables, and the workbook to download."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.services import tenants
from stock import reporting
from stock.services import documents, roles
from stock.warehouse import Nothing
from stock.web import chart, staff


@staff.for_clerks
def index(request: HttpRequest) -> HttpResponse:
    """The last report that was made; each night makes one."""
    last = documents.last_report(tenants.of_user(request.user), roles.of_request(request))
    return staff.page(request, "report", {"document": last} | (_charts(last.summary["report"]) if last else {}))


NAMED = {"locations": "Value by location", "ageing": "Value by time on the shelf", "top": "The most valuable products"}
COSTS = {"locations": "Cost by location", "top": "The most costly products", "earners": "Earned above the cost"}


def _charts(report: dict[str, Any]) -> dict[str, Any]:
    costs = report.get("costs")
    words = {"report": report, "parts": _parts(NAMED, report), "line": _line("Value by day", report["series"])}
    if costs:
        words |= {"costs": costs, "cost_parts": _parts(COSTS, costs), "cost_line": _line("Cost by day", costs["series"])}
    return words


def _parts(named: dict[str, str], figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Each with its chart, and its rows as a table."""
    return [
        {"chart": chart.bars(title, [(label, value) for label, _, value in figures[name]]), "rows": figures[name]}
        for name, title in named.items()
        if figures[name]
    ]


def _line(title: str, series: list[tuple[str, float]]) -> chart.Line | None:
    return chart.line(title, [(day, value) for day, value in series])


@require_POST
@staff.for_clerks
def make(request: HttpRequest) -> HttpResponse:
    job = reporting.report.submit(Nothing(), tenant=tenants.of_user(request.user), submitted_by=request.user)
    return redirect("job", job.pk)
