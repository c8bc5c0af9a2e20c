"""The job that proposes what to order."""

from datetime import timedelta

from django.utils import timezone
from pydantic import BaseModel

from jobs.declare import JobContext, chore, job
from jobs.models import Tenant
from stock.services import replenishment
from stock.warehouse import TRIES, Nothing


class Proposed(BaseModel):
    products: int
    proposals: int
    units: int


@job("stock.propose", queue="bulk", timeout=timedelta(minutes=30), retry=TRIES, internal=True)
def propose(ctx: JobContext, payload: Nothing) -> Proposed:
    """Look at demand and propose what to order."""
    tenant = Tenant.objects.get(slug=ctx.tenant)
    rows = replenishment.products(tenant)
    total = rows.count()
    made = list(replenishment.proposals(tenant, ctx.reference, ctx.track(rows.iterator(2000), total, "weighing")))
    replenishment.replace(tenant, made)
    return Proposed(products=total, proposals=len(made), units=sum(row.quantity for row in made))


@chore(every=timedelta(minutes=10))
def propose_daily() -> int:
    """Once a day for each tenant: the day is its key."""
    for tenant in Tenant.objects.all():
        propose.submit(Nothing(), tenant=tenant, key=f"day:{timezone.now().date()}")
    return 1
