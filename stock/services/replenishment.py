"""Proposals of what to order: made anew from demand, turned into drafts of purchase orders once."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from jobs.core.errors import Conflict
from jobs.models import Tenant
from stock.core.replenishment import Demand, Policy, Position, advise
from stock.models import Location, Product, Proposal, PurchaseOrder
from stock.queries import demand, shelves
from stock.queries.demand import Wanted
from stock.services import levels, owed, purchasing

COMING = (PurchaseOrder.State.DRAFT, PurchaseOrder.State.ORDERED)


class StaleProposals(Conflict):
    """The board was made anew since it was looked at."""

    code = "stale_proposals"


def products(tenant: Tenant) -> QuerySet[Any]:
    """What may be ordered. Drafts count as on order: else each look would propose them once more."""
    rows = levels.with_available(Product.objects.filter(tenant=tenant, active=True))
    return shelves.with_on_order(rows, *COMING).order_by("pk")


def proposals(tenant: Tenant, run: str, rows: Any) -> Iterator[Proposal]:
    """What these products need, not written yet."""
    wanted = demand.by_product(tenant)
    waiting = dict(owed.lines().filter(product__tenant=tenant).order_by().values_list("product_id").annotate(Sum("quantity")))
    for row in rows:
        if made := _proposal(row, wanted.get(row.pk), waiting.get(row.pk, 0)):
            made.tenant, made.run = tenant, run
            yield made


def _proposal(row: Any, wanted: Wanted | None, waiting: int) -> Proposal | None:
    asked = wanted or Wanted(0, 0, Demand(demand.DAYS))
    position = Position(row.available, row.on_order, waiting)
    advice = advise(asked.demand, Policy(row.lead_days, row.safety_stock, row.low_at), position)
    if not advice.quantity:
        return None
    return Proposal(
        product_id=row.pk,
        quantity=advice.quantity,
        position=position.units,
        reorder_point=advice.reorder_point,
        safety=advice.safety,
        sold=asked.sold,
        refused=asked.refused,
        days=asked.demand.days,
    )


@transaction.atomic
def replace(tenant: Tenant, made: list[Proposal]) -> None:
    """These are the proposals now; the ones before are gone."""
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    Proposal.objects.filter(tenant=tenant).delete()
    Proposal.objects.bulk_create(made, batch_size=2000)


@transaction.atomic
def order(tenant: Tenant, run: str, location: Location, units: Mapping[str, int] | None = None, by: Any = None) -> list[PurchaseOrder]:
    """Turn proposals of that run into drafts, one for each supplier: those of these SKUs in these quantities; all, as they are,
    without. Asked twice, the orders are those that it made first. Raises StaleProposals."""
    rows = Proposal.objects.select_for_update(of=("self",)).filter(tenant=tenant, run=run).select_related("product__supplier")
    chosen = list((rows if units is None else rows.filter(product__sku__in=units)).order_by("product__supplier_id", "product_id"))
    if not chosen:
        raise StaleProposals("The proposals were made anew meanwhile. Look at them again.")
    for supplier, group in groupby([row for row in chosen if row.order_id is None], key=lambda row: row.product.supplier):
        together = list(group)
        lines = {row.product.sku: row.quantity if units is None else units[row.product.sku] for row in together}
        # A proposal is part of one order at most, so the first one names it.
        made = purchasing.draft(tenant, location, f"proposal:{run}:{together[0].pk}", lines, supplier=supplier, by=by)
        Proposal.objects.filter(pk__in=[row.pk for row in together]).update(order=made)
    of = Proposal.objects.filter(pk__in=[row.pk for row in chosen]).values("order")
    return list(PurchaseOrder.objects.filter(pk__in=of).order_by("pk"))


def board(tenant: Tenant) -> QuerySet[Proposal]:
    """The proposals as they stand, by supplier."""
    return Proposal.objects.filter(tenant=tenant).select_related("product__supplier", "order")


def open_count(tenant: Tenant) -> int:
    return int(board(tenant).filter(order=None).aggregate(n=Count("pk"))["n"])
