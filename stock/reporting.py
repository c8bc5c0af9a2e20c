"""The jobs of the books' figures: the day's snapshot, and the report."""

import tempfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel

from jobs.core.errors import TooLarge
from jobs.declare import Backoff, JobContext, chore, job
from jobs.models import Tenant
from stock.models import Document
from stock.queries import report as queries
from stock.queries.report import Item, Report
from stock.services import documents, exports, snapshots, workbook
from stock.warehouse import Nothing


class Reported(BaseModel):
    document: UUID
    rows: int
    value: float


@job("stock.report", queue="bulk", timeout=timedelta(minutes=30), retry=Backoff(max_attempts=5, give_up_on=(TooLarge,)), internal=True)
def report(ctx: JobContext, payload: Nothing) -> Reported:
    """Report what the stock is worth, how it turns and how old it is."""
    tenant = Tenant.objects.get(slug=ctx.tenant)
    document, with_costs = documents.of(tenant, ctx.reference), f"{ctx.reference}:costs"
    # What things cost is a document of its own, which only managers see.
    if document is None or documents.of(tenant, with_costs) is None:
        snapshots.take(tenant)
        items = list(ctx.track(queries.items(tenant), message="adding up"))
        if len(items) > exports.MOST_IN_SHEET:
            raise TooLarge("There are more products than a sheet has rows.")
        figures = queries.summary(tenant, items)
        document = _keep(tenant, ctx.reference, "report", figures, items)
        figures.costs = queries.costs(tenant, items)
        _keep(tenant, with_costs, "report with costs", figures, items)
    return Reported(document=document.pk, rows=document.summary["rows"], value=document.summary["report"]["value"])


def _keep(tenant: Tenant, reference: str, title: str, figures: Report, items: list[Item]) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.xlsx"
        workbook.write(path, figures, items)
        summary = {"rows": len(items), "report": figures.plain()}
        name = f"{title} {timezone.now():%Y-%m-%d %H%M}.xlsx"
        return documents.keep(tenant, reference, path, name, summary, for_managers=figures.costs is not None)


@chore(every=timedelta(minutes=10))
def report_nightly() -> int:
    """Once a day for each tenant, its snapshot with it: the day is its key."""
    for tenant in Tenant.objects.all():
        report.submit(Nothing(), tenant=tenant, key=f"night:{timezone.now().date()}")
    return 1
