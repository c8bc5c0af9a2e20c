"""Purchase orders: drafted, sent to the supplier, received in parts, cancelled. Each verb may be asked twice."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.core.errors import Conflict, InvalidInput, InvalidState, NotFound
from jobs.models import Tenant
from stock.events import StockOrdered, StockReceived, ordered, received
from stock.models import Location, Movement, Product, PurchaseLine, PurchaseOrder, Supplier
from stock.services import ledger, owed
from stock.services.ledger import Move

STATES = PurchaseOrder.State
MOST_LINES = 500


class OverReceipt(Conflict):
    """More came than was ordered; asked again with `over`, it is taken."""

    code = "over_receipt"


class NotOrdered(Conflict):
    """The order has no line of that product."""

    code = "not_ordered"


@transaction.atomic
def draft(
    tenant: Tenant,
    location: Location,
    reference: str,
    units: Mapping[str, int],
    *,
    costs: Mapping[str, Decimal] | None = None,
    supplier: Supplier | None = None,
    expected_on: date | None = None,
    by: Any = None,
) -> PurchaseOrder:
    """A new order of so many units by SKU, at these costs of one; where none is said, at what was asked for it the last time. With
    a known reference, the order that it made first. Raises InvalidInput."""
    words = {"supplier": supplier, "location": location, "expected_on": expected_on, "made_by": by}
    order, new = PurchaseOrder.objects.get_or_create(tenant=tenant, reference=reference, defaults=words)
    if new:
        _put(order, units, costs or {})
    return order


@transaction.atomic
def revise(tenant: Tenant, id: int, units: Mapping[str, int], costs: Mapping[str, Decimal] | None = None) -> PurchaseOrder:
    """Set how many units of each SKU a draft orders; 0 takes the line off, what is not named stays. Raises InvalidState, NotFound."""
    order = _locked(tenant, id)
    _must_be(order, STATES.DRAFT)
    _put(order, units, costs or {})
    return order


def _put(order: PurchaseOrder, units: Mapping[str, int], costs: Mapping[str, Decimal]) -> None:
    products = dict(Product.objects.filter(tenant=order.tenant, sku__in=units).values_list("sku", "pk"))
    if unknown := sorted(set(units) - set(products)):
        raise InvalidInput(f"There is no product {unknown[0]!r}.", {f"lines.{list(units).index(sku)}.sku": "is unknown" for sku in unknown})
    order.lines.filter(product__in=[products[sku] for sku, quantity in units.items() if quantity <= 0]).delete()
    before = last_costs(order.tenant, set(units) - set(costs))
    for sku, quantity in units.items():
        if quantity > 0:
            said = {"quantity": quantity} | ({"unit_cost": costs[sku]} if sku in costs else {})
            first = said | {"unit_cost": costs.get(sku, before.get(sku))}
            PurchaseLine.objects.update_or_create(order=order, product_id=products[sku], defaults=said, create_defaults=first)
    if order.lines.count() > MOST_LINES:
        raise InvalidInput(f"An order has at most {MOST_LINES} lines.", {"lines": "are too many"})


def last_costs(tenant: Tenant, skus: Iterable[str]) -> dict[str, Decimal]:
    """What was asked for a unit of each of these the last time that one was ordered."""
    lines = PurchaseLine.objects.filter(order__tenant=tenant, product__sku__in=list(skus), unit_cost__isnull=False)
    last = lines.order_by("product__sku", "-pk").distinct("product__sku").values_list("product__sku", "unit_cost")
    return {sku: cost for sku, cost in last if cost is not None}


@transaction.atomic
def send(tenant: Tenant, id: int, by: Any = None) -> PurchaseOrder:
    """From now on it is on order. Raises InvalidState for an empty or ended one, NotFound."""
    order = _locked(tenant, id)
    if order.state == STATES.ORDERED:
        return order
    _must_be(order, STATES.DRAFT)
    quantities = list(order.lines.values_list("quantity", flat=True))
    if not quantities:
        raise InvalidState("An order without lines can't be sent.")
    order.state, order.ordered_at, order.ordered_by = STATES.ORDERED, timezone.now(), by
    order.save(update_fields=["state", "ordered_at", "ordered_by"])
    supplier = order.supplier.name if order.supplier else ""
    told = StockOrdered(order=order.pk, supplier=supplier, lines=len(quantities), units=sum(quantities))
    ordered.publish(told, subject=f"order:{order.pk}", tenant=tenant)
    return order


@transaction.atomic
def cancel(tenant: Tenant, id: int) -> PurchaseOrder:
    """Nothing more will come; what came stays. Raises InvalidState for one that was received, NotFound."""
    order = _locked(tenant, id)
    if order.state != STATES.CANCELLED:
        _must_be(order, STATES.DRAFT, STATES.ORDERED)
        order.state = STATES.CANCELLED
        order.save(update_fields=["state"])
    return order


@transaction.atomic
def receive(
    tenant: Tenant,
    id: int,
    units: Mapping[str, int],
    reference: str,
    *,
    costs: Mapping[str, Decimal] | None = None,
    over: bool = False,
    by: int | None = None,
) -> PurchaseOrder:
    """Take in what came of an order, once for each reference, and fill what is owed; at these costs of one, or at what it was
    ordered at. Raises OverReceipt, NotOrdered, InvalidState, NotFound; then nothing is taken."""
    order = _locked(tenant, id)
    if Movement.objects.filter(reference=reference).exists():
        return order
    _must_be(order, STATES.ORDERED)
    lines = {line.product.sku: line for line in order.lines.select_related("product")}
    _check(lines, units, over=over)
    for sku, quantity in units.items():
        lines[sku].received += quantity
    touched = [lines[sku] for sku in units]
    paid = {sku: line.unit_cost for sku, line in lines.items()} | (dict(costs) if costs else {})
    moves = [Move(lines[sku].product_id, order.location_id, Movement.Kind.RECEIVED, n, paid[sku]) for sku, n in units.items()]
    ledger.post(moves, reference, by=by, why=f"Purchase order {order.pk}")
    PurchaseLine.objects.bulk_update(touched, ["received"])
    _tell(order, units)
    owed.fill(line.product_id for line in touched)
    if not any(line.due for line in lines.values()):
        order.state = STATES.RECEIVED
        order.save(update_fields=["state"])
    return order


def _check(lines: Mapping[str, PurchaseLine], units: Mapping[str, int], *, over: bool) -> None:
    for sku, quantity in units.items():
        if sku not in lines:
            raise NotOrdered(f"This order has no line of {sku}.")
        if quantity > lines[sku].due and not over:
            raise OverReceipt(f"Only {lines[sku].due} of {sku} are still to come; {quantity} came.")


def _tell(order: PurchaseOrder, units: Mapping[str, int]) -> None:
    place = order.location.name
    several = [(f"product:{sku}", StockReceived(sku=sku, location=place, quantity=n, order=order.pk)) for sku, n in units.items()]
    received.publish_many(several, tenant=order.tenant)


def _locked(tenant: Tenant, id: int) -> PurchaseOrder:
    """An order is locked before its products, never after."""
    rows = PurchaseOrder.objects.select_for_update(of=("self",)).select_related("tenant", "location", "supplier")
    order = rows.filter(tenant=tenant, pk=id).first()
    if order is None:
        raise NotFound(f"There is no purchase order {id}.")
    return order


def _must_be(order: PurchaseOrder, *states: PurchaseOrder.State) -> None:
    if order.state not in states:
        raise InvalidState(f"Purchase order {order.pk} is {order.state}.")
