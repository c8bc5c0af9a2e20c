"""The ledger read: its lines, and what lay where at any moment."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from jobs.models import Tenant
from stock.core.costing import GRAIN
from stock.models import Movement

MOST = 100
CENT = Decimal("0.01")


def movements(tenant: Tenant, sku: str = "") -> QuerySet[Movement]:
    """The newest first."""
    rows = Movement.objects.filter(product__tenant=tenant).select_related("product", "location", "by").order_by("-id")
    return rows.filter(product__sku=sku) if sku else rows


@dataclass(frozen=True, slots=True)
class There:
    """What lay at a location; `unit_cost` is the average of all units of the product, None where nobody had said one."""

    sku: str
    name: str
    location: str
    on_hand: int
    unit_cost: Decimal | None
    value: Decimal | None


def as_of(tenant: Tenant, moment: datetime, sku: str = "", limit: int | None = None) -> list[There]:
    """What the ledger says was there at that moment, by product and location."""
    rows = movements(tenant, sku).filter(at__lte=moment)
    placed = rows.exclude(location=None).order_by("product__sku", "location__name")
    sums = placed.values("product__sku", "product__name", "location__name").annotate(n=Sum("quantity"))
    found = list(sums.exclude(n=0)[:limit])
    averages = _averages(rows.filter(product__sku__in={row["product__sku"] for row in found}))
    return [_there(row, averages.get(row["product__sku"])) for row in found]


def _there(row: Any, cost: Decimal | None) -> There:
    value = None if cost is None else (row["n"] * cost).quantize(CENT)
    return There(row["product__sku"], row["product__name"], row["location__name"], row["n"], cost, value)


def _averages(rows: QuerySet[Movement]) -> dict[str, Decimal]:
    """What a unit of each product cost, where it was known."""
    known = rows.order_by().values("product__sku").annotate(n=Sum("quantity"), worth=Sum("value"), known=Count("unit_cost"))
    return {row["product__sku"]: (row["worth"] / row["n"]).quantize(GRAIN) for row in known if row["known"] and row["n"]}


def worth(tenant: Tenant, moment: datetime, sku: str = "") -> Decimal:
    """What all of it had cost at that moment: the sum of the ledger's values."""
    total = movements(tenant, sku).filter(at__lte=moment).aggregate(total=Sum("value"))["total"]
    return (total or Decimal(0)).quantize(CENT)
