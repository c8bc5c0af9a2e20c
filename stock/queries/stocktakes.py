"""Stocktakes for a page or an endpoint."""

from enum import StrEnum
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from jobs.core.errors import InvalidFilter, NotFound
from jobs.models import Tenant
from stock.models import Stocktake, StocktakeLine

MOST = 100
DIFFERENCE = F("lines__counted") - F("lines__expected")


class Show(StrEnum):
    """Which lines of a stocktake to look at."""

    ALL = "all"
    DIFFERENCES = "differences"
    UNCOUNTED = "uncounted"
    PROBLEMS = "problems"


def of(tenant: Tenant) -> QuerySet[Any]:
    """The newest first, with how many lines are counted, differ, by how many units, and have a problem."""
    differs = Q(lines__counted__isnull=False) & ~Q(lines__counted=F("lines__expected"))
    return (
        Stocktake.objects.filter(tenant=tenant)
        .select_related("location", "started_by", "applied_by")
        .annotate(
            total=Count("lines"),
            counted=Count("lines", filter=Q(lines__counted__isnull=False)),
            differences=Count("lines", filter=differs),
            more=Coalesce(Sum(DIFFERENCE, filter=Q(lines__counted__gt=F("lines__expected"))), 0),
            fewer=-Coalesce(Sum(DIFFERENCE, filter=Q(lines__counted__lt=F("lines__expected"))), 0),
            problems=Count("lines", filter=~Q(lines__problem="")),
        )
        .order_by("-pk")
    )


def get(tenant: Tenant, id: int) -> Any:
    """One of the tenant's; raises NotFound."""
    stocktake = of(tenant).filter(pk=id).first()
    if stocktake is None:
        raise NotFound(f"There is no stocktake {id}.")
    return stocktake


def lines(stocktake: Stocktake, show: str, after: str, limit: int) -> tuple[list[StocktakeLine], str]:
    """Lines by SKU from after that one, and the cursor of the next page; raises InvalidFilter."""
    rows = stocktake.lines.select_related("product", "counted_by").filter(product__sku__gt=after).order_by("product__sku")
    limit = max(1, min(limit, MOST))
    found = list(rows.filter(_shown(show))[: limit + 1])
    return found[:limit], found[limit - 1].product.sku if len(found) > limit else ""


def _shown(show: str) -> Q:
    if show == Show.DIFFERENCES:
        return Q(counted__isnull=False) & ~Q(counted=F("expected"))
    if show == Show.UNCOUNTED:
        return Q(counted=None)
    if show == Show.PROBLEMS:
        return ~Q(problem="")
    if show == Show.ALL:
        return Q()
    raise InvalidFilter(f"There is no view {show!r}; there are {', '.join(Show)}.")
