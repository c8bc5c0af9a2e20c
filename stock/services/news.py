"""Telling what became of units, with the transaction that did it: the shop's pages listen, whoever integrates follows."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from jobs.models import Tenant
from stock import events
from stock.models import Product, Reservation
from stock.services import levels

# What changes more products at once, as the import of a long list, is learnt at the next look.
MOST_TOLD = 100


def free(tenant: Tenant, left: Iterable[tuple[str, int]]) -> None:
    """`stock.available` for these SKUs of a tenant, with what is left of each."""
    told = [(subject(sku), events.StockAvailable(sku=sku, available=units)) for sku, units in left]
    if told:
        events.available.publish_many(told, tenant=tenant)


def changed(products: Iterable[int]) -> None:
    """The same for products whose levels have just been changed."""
    wanted = sorted(set(products))
    if not 0 < len(wanted) <= MOST_TOLD:
        return
    rows: list[Any] = list(levels.with_available(Product.objects.filter(pk__in=wanted)).select_related("tenant").order_by("tenant", "pk"))
    for tenant, of_tenant in groupby(rows, key=lambda row: row.tenant):
        free(tenant, [(row.sku, row.available) for row in of_tenant])


def ended(reservations: Sequence[Reservation], state: Reservation.State) -> None:
    """`stock.confirmed`, `stock.released` or `stock.expired` for each; and how much of their products is free now."""
    for tenant, of_tenant in groupby(sorted(reservations, key=lambda row: row.tenant_id), key=lambda row: row.tenant):
        told = [(f"reservation:{row.pk}", events.StockSettled(reservation=str(row.pk))) for row in of_tenant]
        events.settled[state.value].publish_many(told, tenant=tenant)
    # What is sold was not free before.
    if state != Reservation.State.CONFIRMED:
        changed(line.product_id for row in reservations for line in row.lines.all())


def subject(sku: str) -> str:
    return f"product:{sku}"
