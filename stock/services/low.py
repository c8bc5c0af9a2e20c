"""Products of which little is left: each crossing of the line is told once, and armed again when more is there."""

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from stock.events import StockLow, low
from stock.models import Product
from stock.services import levels


def now_low() -> Q:
    return Q(active=True, low_at__isnull=False, available__lte=F("low_at"))


def products() -> QuerySet[Product]:
    """Each with `on_hand` and `available`."""
    return levels.with_available(Product.objects.all())


@transaction.atomic
def cross() -> list[Product]:
    """Note which products fell to their line or rose above it since the last look; answers those that fell. Two may look at once."""
    moved = list(_crossing().values_list("pk", flat=True))
    levels.lock(moved)
    # Asked again under the locks: another look may have noted them.
    rows = list(_crossing().filter(pk__in=moved).select_related("tenant").order_by("pk"))
    fell = [product for product in rows if product.low_since is None]
    Product.objects.filter(pk__in=[product.pk for product in fell]).update(low_since=timezone.now())
    Product.objects.filter(pk__in=[product.pk for product in rows if product.low_since]).update(low_since=None)
    for product in fell:
        told = StockLow(sku=product.sku, left=product.available, low_at=product.low_at or 0)  # type: ignore[attr-defined]
        low.publish(told, subject=f"product:{product.sku}", tenant=product.tenant)
    return fell


def _crossing() -> QuerySet[Product]:
    return products().filter((Q(low_since=None) & now_low()) | (Q(low_since__isnull=False) & ~now_low()))
