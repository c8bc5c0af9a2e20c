"""What is for sale, and how much of it is free this moment."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.db.models import F, Q, QuerySet

from jobs.models import Tenant
from stock.models import Level, Product
from stock.services import levels

MOST_ALTERNATIVES = 4


def of(tenant: Tenant) -> QuerySet[Product]:
    """Each product with its tenant, `on_hand` and `available`."""
    return levels.with_available(Product.objects.filter(tenant=tenant, active=True)).select_related("tenant")


class Sort(StrEnum):
    """How the catalogue is ordered."""

    NAME = "name"
    CHEAP = "price"
    DEAR = "-price"
    NEW = "-pk"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for; prices are bounds, included."""

    q: str = ""
    tag: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    in_stock: bool = False
    sort: Sort = Sort.NAME


def search(tenant: Tenant, wish: Wish) -> QuerySet[Product]:
    rows, q, tag = of(tenant), wish.q, wish.tag
    if wish.least is not None:
        rows = rows.filter(price__gte=wish.least)
    if wish.most is not None:
        rows = rows.filter(price__lte=wish.most)
    if q:
        rows = rows.filter(Q(sku__icontains=q) | Q(name__icontains=q) | Q(description__icontains=q))
    if tag:
        rows = rows.filter(tags__contains=[tag])
    rows = rows.filter(Q(available__gt=0) | Q(backorder=True)) if wish.in_stock else rows
    return rows.order_by(wish.sort.value, "sku")


def tags(tenant: Tenant) -> list[str]:
    rows = Product.objects.filter(tenant=tenant, active=True).exclude(tags=[]).values_list("tags", flat=True)
    return sorted({tag for row in rows.distinct() for tag in row})


def alternatives(product: Product, units: int, location: str = "") -> list[Product]:
    """Others that are free in that number, at that location where one is named: of the same kind of name first, then of the same
    tags, by the nearest price."""
    kind = product.name.replace(",", " ").split(" ")[0]
    alike = Q(name__istartswith=kind) | (Q(tags__overlap=product.tags) if product.tags else Q())
    rows = of(product.tenant).filter(alike & Q(available__gte=units)).exclude(pk=product.pk)
    if location:
        there = Level.objects.filter(location__tenant=product.tenant, location__name=location, on_hand__gte=F("reserved") + units)
        rows = rows.filter(pk__in=there.values("product"))
    return sorted(rows[:200], key=lambda other: (not other.name.startswith(kind), abs(other.price - product.price)))[:MOST_ALTERNATIVES]
