"""What a show sells beside its seats: for who chooses, for who has it, and for who sells it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Q, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from reservations.models import Booking, Extra, ExtraLine, Hold, Show
from stock.queries import catalogue


@dataclass(frozen=True, slots=True)
class Offer:
    """An extra as a buyer sees it. `left`: how many may be chosen now, those of one's own hold included."""

    id: int
    sku: str
    name: str
    text: str
    price: Decimal
    left: int
    chosen: int = 0

    @property
    def few(self) -> bool:
        return 0 < self.left <= 5


def offers(show: Show, hold: Hold | None = None) -> list[Offer]:
    """What can be chosen, and what this hold has chosen already at the price that it saw."""
    has = {line.extra_id: line for line in hold.extras.all()} if hold else {}
    extras = list(show.extras.filter(offered=True))
    known = {p.pk: p for p in catalogue.of(show.tenant).filter(pk__in=[e.product_id for e in extras])} if extras else {}
    return [_offer(extra, known[extra.product_id], has.get(extra.pk)) for extra in extras if extra.product_id in known]


def _offer(extra: Extra, product: Any, line: ExtraLine | None) -> Offer:
    own = line.quantity if line else 0
    free = extra.most if product.backorder else max(product.available, 0) + own
    price = line.price if line else product.price
    return Offer(extra.pk, product.sku, product.name, product.description, price, min(free, extra.most), own)


def of_hold(hold: Hold) -> list[ExtraLine]:
    """What a hold has beside its seats."""
    return list(hold.extras.select_related("extra__product"))


def of_booking(booking: Booking) -> list[ExtraLine]:
    """What a booking has beside its seats."""
    return list(booking.extras.filter(cancelled_at=None).select_related("extra__product"))


def by_product(booking: Booking) -> list[tuple[Any, int]]:
    """Each product that a booking has beside its seats, and how many of it."""
    products: dict[int, tuple[Any, int]] = {}
    for line in of_booking(booking):
        product = line.extra.product
        products[product.pk] = (product, line.quantity + products.get(product.pk, (product, 0))[1])
    return list(products.values())


def of_show(show: Show) -> dict[UUID, str]:
    """The same in words for every booking that has some."""
    lines: dict[UUID, list[ExtraLine]] = {}
    for line in ExtraLine.objects.filter(booking__show=show, cancelled_at=None).select_related("extra__product"):
        if line.booking_id:
            lines.setdefault(line.booking_id, []).append(line)
    return {booking: in_words(found) for booking, found in lines.items()}


def in_words(lines: Iterable[ExtraLine]) -> str:
    """Each with its number, products in the order in which they are offered."""
    counts: dict[str, int] = {}
    for line in lines:
        counts[line.extra.product.name] = counts.get(line.extra.product.name, 0) + line.quantity
    return ", ".join(f"{units} × {name}" for name, units in counts.items())


@dataclass(frozen=True, slots=True)
class Sold:
    """An extra as the box office sees it."""

    extra: Extra
    sold: int
    held: int
    revenue: Decimal
    left: int


def sales(show: Show) -> list[Sold]:
    """Every extra that the show offers or has sold."""
    valid = Q(lines__booking__isnull=False, lines__cancelled_at=None)
    running = Q(lines__booking=None, lines__hold__state=Hold.State.ACTIVE, lines__hold__expires_at__gt=timezone.now())
    units, cost = F("lines__quantity"), F("lines__quantity") * F("lines__price")
    rows = show.extras.select_related("product").annotate(
        units_sold=Coalesce(Sum(Case(When(valid, then=units))), 0),
        units_held=Coalesce(Sum(Case(When(running, then=units))), 0),
        cost_sold=Coalesce(Sum(Case(When(valid, then=cost))), Decimal(0)),
    )
    products: Any = catalogue.of(show.tenant).filter(pk__in=[row.product_id for row in rows])
    left = {product.pk: product.available for product in products}
    found = [Sold(row, row.units_sold, row.units_held, row.cost_sold, left.get(row.product_id, 0)) for row in rows]
    return [one for one in found if one.extra.offered or one.sold or one.held]
