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
from stock.queries import report as queries
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
    document = documents.of(tenant, ctx.reference)
    if document is None:
        snapshots.take(tenant)
        items = list(ctx.track(queries.items(tenant), message="adding up"))
        if len(items) > exports.MOST_IN_SHEET:
            raise TooLarge("There are more products than a sheet has rows.")
        figures = queries.summary(tenant, items)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.xlsx"
            workbook.write(path, figures, items)
            summary = {"rows": len(items), "report": figures.plain()}
            document = documents.keep(tenant, ctx.reference, path, f"report {timezone.now():%Y-%m-%d %H%M}.xlsx", summary)
    return Reported(document=document.pk, rows=document.summary["rows"], value=document.summary["report"]["value"])


@chore(every=timedelta(minutes=10))
def report_nightly() -> int:
    """Once a day for each tenant, its snapshot with it: the day is its key."""
    for tenant in Tenant.objects.all():
        report.submit(Nothing(), tenant=tenant, key=f"night:{timezone.now().date()}")
    return 1
