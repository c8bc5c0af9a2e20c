"""The jobs that make files: exports, and changes in bulk with their list of before and after."""

import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, Field, model_validator

from jobs.core.errors import ConveyorError, TooLarge
from jobs.declare import Backoff, JobContext, Payload, chore, job
from jobs.models import Tenant
from stock.services import bulk, documents, exports
from stock.warehouse import TEXT, TRIES

Text = Annotated[str, Field(max_length=200, pattern=TEXT)]


class Export(Payload):
    kind: exports.Kind
    format: exports.Format = exports.Format.CSV
    costs: bool = False


class Exported(BaseModel):
    document: UUID
    name: str
    rows: int


@job("stock.export", queue="bulk", timeout=timedelta(minutes=30), retry=Backoff(max_attempts=5, give_up_on=(TooLarge,)), internal=True)
def export(ctx: JobContext, payload: Export) -> Exported:
    """Write a file to download."""
    tenant = Tenant.objects.get(slug=ctx.tenant)
    document = documents.of(tenant, ctx.reference)
    if document is None:
        table = exports.table(tenant, payload.kind, costs=payload.costs)
        name = f"{payload.kind} {timezone.now():%Y-%m-%d %H%M}.{payload.format}"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"export.{payload.format}"
            rows = exports.write(path, payload.format, table.columns, ctx.track(table, table.rows.count(), "writing"))
            document = documents.keep(tenant, ctx.reference, path, name, {"rows": rows}, for_managers=payload.costs)
    return Exported(document=document.pk, name=document.name, rows=document.summary["rows"])


class Change(Payload):
    """`expected`: how many products were meant when it was looked at."""

    kind: bulk.Kind
    amount: Annotated[Decimal, Field(ge=-1_000_000, le=1_000_000, decimal_places=2)]
    location: Annotated[str, Field(max_length=60, pattern=TEXT)] = ""
    q: Text = ""
    tag: Text = ""
    supplier: Text = ""
    expected: int = 0
    by: int | None = None

    @model_validator(mode="after")
    def _must_fit(self) -> Self:
        if self.kind == bulk.Kind.PRICE_TO and self.amount < 0:
            raise ValueError("A price is not negative.")
        if self.kind == bulk.Kind.PRICE_BY and self.amount < -100:
            raise ValueError("A price falls by 100 percent at most.")
        if self.kind == bulk.Kind.UNITS_BY and (not self.location.strip() or self.amount != int(self.amount) or not self.amount):
            raise ValueError("Units change by a whole number, at a location.")
        return self

    def change(self) -> bulk.Change:
        return bulk.Change(self.kind, self.amount, self.location.strip(), self.q.strip(), self.tag.strip(), self.supplier.strip())


class Changed(BaseModel):
    """`code` and `detail` say why nothing was changed."""

    document: UUID | None = None
    rows: int = 0
    code: str = ""
    detail: str = ""


@job("stock.change", queue="bulk", timeout=timedelta(minutes=10), retry=TRIES, internal=True)
def change(ctx: JobContext, payload: Change) -> Changed:
    """Change many prices or quantities."""
    tenant = Tenant.objects.get(slug=ctx.tenant)
    try:
        document = bulk.apply(
            tenant,
            payload.change(),
            ctx.reference,
            expected=payload.expected,
            by=payload.by,
            track=lambda rows: ctx.track(rows, payload.expected, "changing"),
        )
    except ConveyorError as error:
        return Changed(code=error.code, detail=error.detail)
    return Changed(document=document.pk, rows=document.summary["rows"])


@chore(every=timedelta(hours=1))
def sweep_documents() -> int:
    """Files that have been kept long enough."""
    return documents.sweep()
