"""The report on a page: its figures, charts with the same figures as tables, and the workbook to download."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jobs.services import tenants
from stock import reporting
from stock.services import documents
from stock.warehouse import Nothing
from stock.web import chart, staff


@staff.for_clerks
def index(request: HttpRequest) -> HttpResponse:
    """The last report that was made; each night makes one."""
    last = documents.last_report(tenants.of_user(request.user))
    return staff.page(request, "report", {"document": last} | (_charts(last.summary["report"]) if last else {}))


def _charts(report: dict[str, Any]) -> dict[str, Any]:
    named = {"locations": "Value by location", "ageing": "Value by time on the shelf", "top": "The most valuable products"}
    parts = [
        {"chart": chart.bars(title, [(label, value) for label, _, value in report[name]]), "rows": report[name]}
        for name, title in named.items()
        if report[name]
    ]
    return {"report": report, "parts": parts, "line": chart.line("Value by day", [(day, value) for day, value in report["series"]])}


@require_POST
@staff.for_clerks
def make(request: HttpRequest) -> HttpResponse:
    job = reporting.report.submit(Nothing(), tenant=tenants.of_user(request.user), submitted_by=request.user)
    return redirect("job", job.pk)
