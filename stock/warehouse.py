"""The jobs of the warehouse: receive, transfer, adjust, audit. Each has its effect once, by the job's reference."""

from datetime import timedelta
from typing import Annotated

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel, Field

from jobs.declare import Backoff, JobContext, Payload, chore, job
from jobs.models import Tenant
from stock.events import StockReceived, received
from stock.models import Location, Movement, Product
from stock.services import audit as auditing
from stock.services import ledger, owed
from stock.services.ledger import Move, NotEnough

Units = Annotated[int, Field(ge=1, le=1_000_000)]
# PostgreSQL keeps no NUL in a text.
TEXT = r"^[^\x00]*$"
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=TEXT)]
TRIES = Backoff(max_attempts=5)


class Receive(Payload):
    sku: Name
    location: Name
    quantity: Units
    why: Annotated[str, Field(max_length=200, pattern=TEXT)] = ""
    by: int | None = None


class Transfer(Payload):
    sku: Name
    from_location: Name
    to_location: Name
    quantity: Units
    by: int | None = None


class Adjust(Payload):
    """`quantity` may be negative; `why` is told in the ledger."""

    sku: Name
    location: Name
    quantity: Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
    why: Annotated[str, Field(min_length=1, max_length=200, pattern=TEXT)]
    by: int | None = None


class Moved(BaseModel):
    """`code` and `detail` say why nothing was moved."""

    movements: int = 0
    code: str = ""
    detail: str = ""


class Nothing(Payload):
    pass


@job("stock.receive", retry=TRIES, internal=True)
def receive(ctx: JobContext, payload: Receive) -> Moved:
    """Take units in."""
    return _post(ctx, payload.sku, {payload.location: payload.quantity}, Movement.Kind.RECEIVED, payload.by, payload.why)


@job("stock.take_back", retry=TRIES, internal=True)
def take_back(ctx: JobContext, payload: Receive) -> Moved:
    """Take back what a customer returns."""
    return _post(ctx, payload.sku, {payload.location: payload.quantity}, Movement.Kind.RETURNED, payload.by, payload.why)


@job("stock.transfer", retry=TRIES, internal=True)
def transfer(ctx: JobContext, payload: Transfer) -> Moved:
    """Bring units from one location to another."""
    if payload.from_location == payload.to_location:
        return Moved(code="same_location", detail="From and to are the same location.")
    changes = {payload.from_location: -payload.quantity, payload.to_location: payload.quantity}
    return _post(ctx, payload.sku, changes, Movement.Kind.TRANSFERRED, payload.by, "")


@job("stock.adjust", retry=TRIES, internal=True)
def adjust(ctx: JobContext, payload: Adjust) -> Moved:
    """Correct the books by hand."""
    return _post(ctx, payload.sku, {payload.location: payload.quantity}, Movement.Kind.ADJUSTED, payload.by, payload.why)


@transaction.atomic
def _post(ctx: JobContext, sku: str, changes: dict[str, int], kind: Movement.Kind, by: int | None, why: str) -> Moved:
    tenant = Tenant.objects.get(slug=ctx.tenant)
    product = Product.objects.filter(tenant=tenant, sku=sku).first()
    if product is None:
        return Moved(code="unknown_product", detail=f"There is no product {sku!r}.")
    places = {name: Location.objects.get_or_create(tenant=tenant, name=name)[0].pk for name in sorted(changes)}
    moves = [Move(product.pk, places[name], kind, units) for name, units in changes.items()]
    person = by if by is not None and get_user_model().objects.filter(pk=by).exists() else None
    try:
        written = ledger.post(moves, ctx.reference, by=person, why=why)
    except NotEnough as error:
        transaction.set_rollback(True)
        return Moved(code=error.code, detail=error.detail)
    if kind == Movement.Kind.RECEIVED and written:
        for name, units in changes.items():
            received.publish(StockReceived(sku=sku, location=name, quantity=units), subject=f"product:{sku}", tenant=tenant)
        owed.fill([product.pk])
    return Moved(movements=len(moves))


@chore(every=timedelta(seconds=10))
def fill_owed() -> int:
    """Units that came free by whatever way, to who is owed some."""
    return owed.sweep()


@job("stock.audit", queue="bulk", timeout=timedelta(minutes=30), internal=True)
def audit(ctx: JobContext, payload: Nothing) -> int:
    """Compare every level with the ledger; answers how many differ."""
    return auditing.audit(Tenant.objects.get(slug=ctx.tenant))


@chore(every=timedelta(minutes=10))
def audit_nightly() -> int:
    """One audit a day for each tenant: the day is its key."""
    for tenant in Tenant.objects.all():
        audit.submit(Nothing(), tenant=tenant, key=f"night:{timezone.now().date()}")
    return 1
