"""What the staff must know of products: what is low, and what is on its way."""

from typing import Any

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from jobs.models import Tenant
from stock.models import PurchaseLine, PurchaseOrder
from stock.services import low as lines


def low(tenant: Tenant) -> QuerySet[Any]:
    """What is low this moment, the emptiest first, with `available` and `on_order`."""
    return with_on_order(lines.products().filter(lines.now_low(), tenant=tenant)).select_related("supplier").order_by("available", "sku")


def with_on_order(products: QuerySet[Any], *states: str) -> QuerySet[Any]:
    """Each with `on_order`: what orders in these states, sent ones without, are still to bring."""
    coming = (
        PurchaseLine.objects.filter(product=OuterRef("pk"), order__state__in=states or [PurchaseOrder.State.ORDERED])
        .order_by()
        .values("product")
    )
    due = coming.annotate(n=Sum(Greatest(F("quantity") - F("received"), 0))).values("n")
    found: QuerySet[Any] = products.annotate(on_order=Coalesce(Subquery(due, output_field=IntegerField()), 0))
    return found
