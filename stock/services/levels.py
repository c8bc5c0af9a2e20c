"""Who may change a product's levels, and what is free of it.

The rule that keeps stock right and without deadlocks: whoever changes levels or reservations of products first locks those
products, all of them at once, in the order of their ids. Products are the only locks of stock.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Now

from stock.models import Level, Product, Reservation, ReservationLine

LOCK = "SELECT id FROM stock_product WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


def lock(products: Iterable[int]) -> None:
    """From here to the end of the transaction no one else changes the levels of these products."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(set(products))])


def with_available(products: QuerySet[Product]) -> QuerySet[Product]:
    """Each product with `on_hand`, `available` (free for a reservation this moment)."""
    levels = Level.objects.filter(product=OuterRef("pk")).order_by().values("product")
    over = ReservationLine.objects.filter(over_but_not_swept(), product=OuterRef("pk"), location__isnull=False).order_by().values("product")
    on_hand = Subquery(levels.annotate(n=Sum("on_hand")).values("n"), output_field=BigIntegerField())
    free = Subquery(levels.annotate(n=Sum(F("on_hand") - F("reserved"))).values("n"), output_field=BigIntegerField())
    back = Subquery(over.annotate(n=Sum("quantity")).values("n"), output_field=BigIntegerField())
    return products.annotate(on_hand=Coalesce(on_hand, 0), available=Coalesce(free, 0) + Coalesce(back, 0))


def over_but_not_swept() -> Q:
    """Lines that still count as reserved in their level's row, and no longer are."""
    return Q(reservation__state=Reservation.State.ACTIVE, reservation__expires_at__lte=Now())
