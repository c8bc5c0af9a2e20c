"""The job of a stocktake: bring the books to what was counted."""

from datetime import timedelta

from pydantic import BaseModel

from jobs.core.errors import ConveyorError
from jobs.declare import JobContext, Payload, job
from jobs.models import Tenant
from stock.queries import stocktakes
from stock.services import counting
from stock.warehouse import TRIES


class ApplyCount(Payload):
    """`missing`: what was not counted is not there."""

    stocktake: int
    missing: bool = False
    by: int | None = None


class Applied(BaseModel):
    """`code` and `detail` say why it was not applied; `problems` counts differences that were left."""

    stocktake: int
    counted: int = 0
    differences: int = 0
    more: int = 0
    fewer: int = 0
    problems: int = 0
    code: str = ""
    detail: str = ""


@job("stock.apply_count", queue="bulk", timeout=timedelta(minutes=10), retry=TRIES, internal=True)
def apply_count(ctx: JobContext, payload: ApplyCount) -> Applied:
    """Bring the books to what was counted."""
    tenant = Tenant.objects.get(slug=ctx.tenant)
    try:
        counting.apply(tenant, payload.stocktake, missing=payload.missing, by=payload.by)
    except ConveyorError as error:
        return Applied(stocktake=payload.stocktake, code=error.code, detail=error.detail)
    seen = stocktakes.get(tenant, payload.stocktake)
    return Applied(
        stocktake=seen.pk, counted=seen.counted, differences=seen.differences, more=seen.more, fewer=seen.fewer, problems=seen.problems
    )
