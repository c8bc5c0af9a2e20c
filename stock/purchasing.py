"""The jobs of purchasing: tell the supplier what is ordered, take in what came."""

from decimal import Decimal
from typing import Annotated

from django.core.mail import EmailMessage
from django.db import transaction
from pydantic import BaseModel, Field

from jobs.core.errors import ConveyorError
from jobs.declare import JobContext, Payload, job
from jobs.models import Tenant
from stock.core.costing import told
from stock.models import PurchaseLine, PurchaseOrder
from stock.services import purchasing
from stock.warehouse import TRIES, Cost, Name, Units


class Arrived(Payload):
    """`unit_cost`: what the invoice says, where it is not what was ordered at."""

    sku: Name
    quantity: Units
    unit_cost: Cost | None = None


class ReceiveOrder(Payload):
    """`over` takes more than was ordered."""

    order: int
    lines: Annotated[list[Arrived], Field(min_length=1, max_length=purchasing.MOST_LINES)]
    over: bool = False
    by: int | None = None

    def units(self) -> dict[str, int]:
        """By SKU, each once."""
        sums: dict[str, int] = {}
        for line in self.lines:
            sums[line.sku] = sums.get(line.sku, 0) + line.quantity
        return sums

    def costs(self) -> dict[str, Decimal]:
        """Of those lines that say one."""
        return {line.sku: line.unit_cost for line in self.lines if line.unit_cost is not None}


class Taken(BaseModel):
    """`code` and `detail` say why nothing was taken."""

    order: int
    state: str = ""
    units: int = 0
    code: str = ""
    detail: str = ""


class TellSupplier(Payload):
    order: int


@job("stock.receive_order", retry=TRIES, internal=True)
def receive_order(ctx: JobContext, payload: ReceiveOrder) -> Taken:
    """Take in what came of a purchase order."""
    units, tenant = payload.units(), Tenant.objects.get(slug=ctx.tenant)
    try:
        order = purchasing.receive(tenant, payload.order, units, ctx.reference, costs=payload.costs(), over=payload.over, by=payload.by)
    except ConveyorError as error:
        return Taken(order=payload.order, code=error.code, detail=error.detail)
    return Taken(order=order.pk, state=order.state, units=sum(units.values()))


@job("stock.tell_supplier", retry=TRIES, internal=True)
def tell_supplier(ctx: JobContext, payload: TellSupplier) -> str:
    """Mail a purchase order to its supplier; answers to whom."""
    order = PurchaseOrder.objects.select_related("supplier", "location").get(pk=payload.order, tenant__slug=ctx.tenant)
    to = order.supplier.email if order.supplier else ""
    if to and order.state == PurchaseOrder.State.ORDERED:
        # The same at each attempt, so that a second copy is known as one.
        headers = {"Message-ID": f"<{ctx.id}@conveyor>"}
        EmailMessage(f"Purchase order {order.pk}", letter(order), to=[to], headers=headers).send()
    return to


def letter(order: PurchaseOrder) -> str:
    lines = [_ordered(line) for line in order.lines.select_related("product")]
    when = f"\nExpected on {order.expected_on:%d %B %Y}." if order.expected_on else ""
    return f"Please deliver to {order.location}:\n\n" + "\n".join(lines) + f"\n{when}\nOur reference: purchase order {order.pk}\n"


def _ordered(line: PurchaseLine) -> str:
    at = f", at {told(line.unit_cost)} each" if line.unit_cost is not None else ""
    return f"{line.quantity:>8} x {line.product.sku}  {line.product.name}{at}"


@transaction.atomic
def send(tenant: Tenant, id: int, by: object = None) -> PurchaseOrder:
    """Send an order, and have its supplier told once."""
    order = purchasing.send(tenant, id, by)
    if order.supplier and order.supplier.email:
        tell_supplier.submit(TellSupplier(order=order.pk), tenant=tenant, key=f"order:{order.pk}", submitted_by=by)
    return order
