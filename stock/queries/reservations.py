"""Reservations as they stand this moment: one whose time is over is expired, swept or not."""

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.core.errors import InvalidFilter, NotFound
from jobs.models import Tenant
from stock.models import Product, Reservation

MOST = 100
STATES = Reservation.State


def everyones() -> QuerySet[Reservation]:
    return Reservation.objects.prefetch_related("lines__product", "lines__location")


def of(tenant: Tenant) -> QuerySet[Reservation]:
    return everyones().filter(tenant=tenant)


@dataclass(slots=True)
class Bought:
    """One product of a reservation, wherever its units lie; `owed` of them are still to come, `collect` says how many wait where
    the customer wants to collect them."""

    product: Product
    each: Decimal
    quantity: int = 0
    owed: int = 0
    collect: dict[str, int] = field(default_factory=dict)

    @property
    def price(self) -> Decimal:
        """At what one cost when it was reserved."""
        return self.each * self.quantity


def by_product(row: Reservation) -> list[Bought]:
    """What a customer is told of its lines."""
    found: dict[int, Bought] = {}
    for line in row.lines.all():
        bought = found.setdefault(line.product_id, Bought(line.product, line.price))
        bought.quantity += line.quantity
        bought.owed += 0 if line.location else line.quantity
        if line.named and line.location and line.location.pickup:
            bought.collect[line.location.name] = line.quantity
    return list(found.values())


def total(row: Reservation) -> Decimal:
    return sum((line.price * line.quantity for line in row.lines.all()), Decimal(0))


def get(tenant: Tenant, id: UUID) -> Reservation:
    """One of the tenant's; raises NotFound."""
    row = of(tenant).filter(pk=id).first()
    if row is None:
        raise NotFound(f"There is no reservation {id}.")
    return row


def page(rows: QuerySet[Reservation], state: str, after: UUID | None, limit: int) -> tuple[list[Reservation], UUID | None]:
    """The newest first, and the cursor of the next page; raises InvalidFilter."""
    if state:
        rows = rows.filter(_in(state))
    limit = max(1, min(limit, MOST))
    found = list((rows.filter(pk__lt=after) if after else rows).order_by("-pk")[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None


def _in(state: str) -> Q:
    if state not in set(STATES):
        raise InvalidFilter(f"There is no state {state!r}; there are {', '.join(STATES)}.")
    over = Q(state=STATES.ACTIVE, expires_at__lte=timezone.now())
    if state == STATES.EXPIRED:
        return Q(state=state) | over
    return Q(state=state) & ~over
