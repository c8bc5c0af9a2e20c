"""The ledger read: its lines, and what lay where at any moment."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Sum

from jobs.models import Tenant
from stock.models import Movement

MOST = 100


def movements(tenant: Tenant, sku: str = "") -> QuerySet[Movement]:
    """The newest first."""
    rows = Movement.objects.filter(product__tenant=tenant).select_related("product", "location", "by").order_by("-id")
    return rows.filter(product__sku=sku) if sku else rows


def as_of(tenant: Tenant, moment: datetime, sku: str = "") -> list[dict[str, Any]]:
    """What the ledger says was on hand at that moment, by product and location."""
    rows = movements(tenant, sku).filter(at__lte=moment).order_by("product__sku", "location__name")
    sums = rows.values("product__sku", "product__name", "location__name").annotate(on_hand=Sum("quantity"))
    return [
        {"sku": row["product__sku"], "name": row["product__name"], "location": row["location__name"], "on_hand": row["on_hand"]}
        for row in sums
    ]
