"""Purchase orders for a page or an endpoint."""

from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce, Greatest

from jobs.core.errors import InvalidFilter, NotFound
from jobs.models import Tenant
from stock.models import PurchaseOrder

MOST = 100
DUE = Greatest(F("lines__quantity") - F("lines__received"), 0)


def of(tenant: Tenant, state: str = "") -> QuerySet[PurchaseOrder]:
    """The newest first, with how many lines and units there are, and how many units came and are due; raises InvalidFilter."""
    if state and state not in set(PurchaseOrder.State):
        raise InvalidFilter(f"There is no state {state!r}; there are {', '.join(PurchaseOrder.State)}.")
    rows = PurchaseOrder.objects.filter(tenant=tenant).select_related("supplier", "location", "made_by", "ordered_by")
    sums: dict[str, Any] = {"units": Coalesce(Sum("lines__quantity"), 0), "came": Coalesce(Sum("lines__received"), 0)}
    rows = rows.annotate(line_count=Count("lines"), due=Coalesce(Sum(DUE), 0), **sums)
    return (rows.filter(state=state) if state else rows).order_by("-pk")


def get(tenant: Tenant, id: int) -> PurchaseOrder:
    """One of the tenant's; raises NotFound."""
    order = of(tenant).prefetch_related("lines__product").filter(pk=id).first()
    if order is None:
        raise NotFound(f"There is no purchase order {id}.")
    return order


def page(rows: QuerySet[PurchaseOrder], before: int | None, limit: int) -> tuple[list[PurchaseOrder], int | None]:
    """So many, and the cursor of the next page."""
    limit = max(1, min(limit, MOST))
    found = list((rows.filter(pk__lt=before) if before else rows)[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None
