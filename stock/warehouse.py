"""The jobs of the warehouse: receive, transfer, adjust, revalue, audit. Each has its effect once, by the job's reference."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel, Field

from jobs.declare import Backoff, JobContext, Payload, chore, job
from jobs.models import Tenant
from stock.events import StockReceived, received
from stock.models import Location, Product
from stock.services import audit as auditing
from stock.services import ledger, owed
from stock.services.ledger import Kind, Move, NotEnough

Units = Annotated[int, Field(ge=1, le=1_000_000)]
# PostgreSQL keeps no NUL in a text.
TEXT = r"^[^\x00]*$"
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=TEXT)]
# What a unit is bought for: parts of a cent count, for who buys screws by the thousand.
Cost = Annotated[Decimal, Field(ge=0, max_digits=16, decimal_places=6)]
TRIES = Backoff(max_attempts=5)


class Receive(Payload):
    """`unit_cost`: what was paid for one; without, the average."""

    sku: Name
    location: Name
    quantity: Units
    unit_cost: Cost | None = None
    why: Annotated[str, Field(max_length=200, pattern=TEXT)] = ""
    by: int | None = None


class Transfer(Payload):
    sku: Name
    from_location: Name
    to_location: Name
    quantity: Units
    by: int | None = None


class Adjust(Payload):
    """`quantity` may be negative; `why` is told in the ledger. `unit_cost`: of what is more."""

    sku: Name
    location: Name
    quantity: Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
    unit_cost: Cost | None = None
    why: Annotated[str, Field(min_length=1, max_length=200, pattern=TEXT)]
    by: int | None = None


class Revalue(Payload):
    sku: Name
    unit_cost: Cost
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
    return _post(ctx, payload, {payload.location: payload.quantity}, Kind.RECEIVED)


@job("stock.take_back", retry=TRIES, internal=True)
def take_back(ctx: JobContext, payload: Receive) -> Moved:
    """Take back what a customer returns."""
    return _post(ctx, payload, {payload.location: payload.quantity}, Kind.RETURNED)


@job("stock.transfer", retry=TRIES, internal=True)
def transfer(ctx: JobContext, payload: Transfer) -> Moved:
    """Bring units from one location to another."""
    if payload.from_location == payload.to_location:
        return Moved(code="same_location", detail="From and to are the same location.")
    changes = {payload.from_location: -payload.quantity, payload.to_location: payload.quantity}
    return _post(ctx, payload, changes, Kind.TRANSFERRED)


@job("stock.adjust", retry=TRIES, internal=True)
def adjust(ctx: JobContext, payload: Adjust) -> Moved:
    """Correct the books by hand."""
    return _post(ctx, payload, {payload.location: payload.quantity}, Kind.ADJUSTED)


@job("stock.revalue", retry=TRIES, internal=True)
@transaction.atomic
def revalue(ctx: JobContext, payload: Revalue) -> Moved:
    """Say what a unit cost: what lies there is worth that from now on."""
    product = Product.objects.filter(tenant__slug=ctx.tenant, sku=payload.sku).first()
    if product is None:
        return _unknown(payload.sku)
    written = ledger.revalue({product.pk: payload.unit_cost}, ctx.reference, by=_person(payload.by), why=payload.why)
    return Moved(movements=len(written))


@transaction.atomic
def _post(ctx: JobContext, payload: Receive | Transfer | Adjust, changes: dict[str, int], kind: Kind) -> Moved:
    tenant = Tenant.objects.get(slug=ctx.tenant)
    product = Product.objects.filter(tenant=tenant, sku=payload.sku).first()
    if product is None:
        return _unknown(payload.sku)
    places = {name: Location.objects.get_or_create(tenant=tenant, name=name)[0].pk for name in sorted(changes)}
    cost, why = getattr(payload, "unit_cost", None), getattr(payload, "why", "")
    price = product.price if kind == Kind.RETURNED else None
    moves = [Move(product.pk, places[name], kind, units, cost, price) for name, units in changes.items()]
    try:
        written = ledger.post(moves, ctx.reference, by=_person(payload.by), why=why)
    except NotEnough as error:
        transaction.set_rollback(True)
        return Moved(code=error.code, detail=error.detail)
    if kind == Kind.RECEIVED and written:
        for name, units in changes.items():
            received.publish(StockReceived(sku=product.sku, location=name, quantity=units), subject=f"product:{product.sku}", tenant=tenant)
        owed.fill([product.pk])
    return Moved(movements=len(moves))


def _unknown(sku: str) -> Moved:
    return Moved(code="unknown_product", detail=f"There is no product {sku!r}.")


def _person(id: int | None) -> int | None:
    """Who did it, unless they are gone by now."""
    return id if id is not None and get_user_model().objects.filter(pk=id).exists() else None


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
