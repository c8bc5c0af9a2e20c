"""Locations as a tree, with what lies in each and in all of its parts; suppliers with what is open with them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from jobs.models import Tenant
from stock.models import Location, PurchaseOrder, Supplier


@dataclass(frozen=True, slots=True)
class Node:
    """`units` lie here, `total` here and in the parts."""

    location: Location
    depth: int
    units: int
    total: int


def tree(tenant: Tenant) -> list[Node]:
    """Each location under the one that it lies in, by name."""
    rows = Location.objects.filter(tenant=tenant).select_related("parent").order_by("name")
    of: dict[int | None, list[Any]] = {}
    for row in rows.annotate(units=Coalesce(Sum("levels__on_hand"), 0)):
        of.setdefault(row.parent_id, []).append(row)
    return [node for top in of.get(None, []) for node in _branch(of, top, 0)]


def _branch(of: dict[int | None, list[Any]], row: Any, depth: int) -> list[Node]:
    parts = [node for part in of.get(row.pk, []) for node in _branch(of, part, depth + 1)]
    return [Node(row, depth, row.units, row.units + sum(node.units for node in parts)), *parts]


def suppliers(tenant: Tenant) -> QuerySet[Any]:
    """By name, with how many products they deliver and how many orders are open."""
    is_open = Q(orders__state__in=[PurchaseOrder.State.DRAFT, PurchaseOrder.State.ORDERED])
    counts = {"product_count": Count("products", distinct=True), "open_orders": Count("orders", filter=is_open, distinct=True)}
    return Supplier.objects.filter(tenant=tenant).annotate(**counts).order_by("name")
