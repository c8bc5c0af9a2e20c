"""What a unit costs, for who may know."""

from decimal import Decimal

from django.db.models import QuerySet

from stock.models import Movement, Product, PurchaseLine, Valuation

LAST = 25


def of(product: Product) -> Decimal | None:
    """The average of its units; None while nobody has said what one cost."""
    try:
        return product.valuation.average
    except Valuation.DoesNotExist:
        return None


def bought(product: Product) -> QuerySet[PurchaseLine]:
    """The last orders of it, with what they cost."""
    return PurchaseLine.objects.filter(product=product).select_related("order__supplier").order_by("-pk")[:LAST]


def history(product: Product) -> QuerySet[Movement]:
    """Its last movements that came at a cost of their own."""
    kinds = (Movement.Kind.RECEIVED, Movement.Kind.REVALUED)
    return Movement.objects.filter(product=product, kind__in=kinds).select_related("location", "by", "product").order_by("-pk")[:LAST]
