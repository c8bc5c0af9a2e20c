"""Units that were promised before they were there: given to who waits longest, as soon as some are free."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from jobs.models import Tenant
from stock.events import StockFilled, filled
from stock.models import Level, Reservation, ReservationLine
from stock.services import ledger, levels, news
from stock.services.ledger import Kind, Move


@dataclass(frozen=True, slots=True)
class Fill:
    line: ReservationLine
    level: Level
    units: int


def lines() -> QuerySet[ReservationLine]:
    """What is owed this moment, who asked first coming first. A confirmed reservation is owed what it bought."""
    states = Reservation.State
    waits = Q(reservation__state=states.CONFIRMED) | Q(reservation__state=states.ACTIVE, reservation__expires_at__gt=Now())
    return ReservationLine.objects.filter(waits, location=None).order_by("reservation__made_at", "pk")


def sweep() -> int:
    """Fill what can be filled, however the units came free; answers how many fills."""
    free = Level.objects.filter(product=OuterRef("product"), on_hand__gt=F("reserved"))
    products = lines().filter(Exists(free)).order_by("product_id").values_list("product_id", flat=True).distinct()
    return sum(fill([product]) for product in products)


@transaction.atomic
def fill(products: Iterable[int]) -> int:
    """Give free units of these products to the lines that are owed some; answers how many fills. May be asked at any time."""
    wanted = sorted(set(products))
    levels.lock(wanted)
    free = {level.pk: level for level in Level.objects.filter(product__in=wanted, on_hand__gt=F("reserved")).select_related("location")}
    fills = [
        made
        for line in lines().filter(product__in=wanted).select_related("reservation__tenant", "product")
        for made in _fills(line, [level for level in free.values() if level.product_id == line.product_id])
    ]
    for made in fills:
        _write(made)
    news.changed({made.line.product_id for made in fills})
    return len(fills)


def _fills(line: ReservationLine, shelf: list[Level]) -> list[Fill]:
    """What the line gets, the fullest place first; the levels, here in memory, shrink by it."""
    made, missing = [], line.quantity
    for level in sorted(shelf, key=lambda level: (level.reserved - level.on_hand, level.pk)):
        if units := min(missing, level.on_hand - level.reserved):
            level.reserved += units
            missing -= units
            made.append(Fill(line, level, units))
    return made


def _write(made: Fill) -> None:
    reservation, line = made.line.reservation, made.line
    if reservation.state == Reservation.State.CONFIRMED:
        move = Move(line.product_id, made.level.location_id, Kind.SOLD, -made.units, price=line.price)
        # What the line still waits for only shrinks: so each of its fills has a reference of its own.
        ledger.post([move], f"owed:{line.pk}:{line.quantity}", by=reservation.customer_id)
    else:
        Level.objects.filter(pk=made.level.pk).update(reserved=F("reserved") + made.units)
    _give_place(made)
    told = StockFilled(reservation=str(reservation.pk), sku=line.product.sku, location=made.level.location.name, quantity=made.units)
    tenant: Tenant = reservation.tenant
    filled.publish(told, subject=f"reservation:{reservation.pk}", tenant=tenant)


def _give_place(made: Fill) -> None:
    line = made.line
    line.quantity -= made.units
    if line.quantity:
        line.save(update_fields=["quantity"])
    else:
        ReservationLine.objects.filter(pk=line.pk).delete()
    placed, new = ReservationLine.objects.get_or_create(
        reservation=line.reservation,
        product=line.product,
        location=made.level.location,
        defaults={"quantity": made.units, "price": line.price, "named": line.named},
    )
    if not new:
        ReservationLine.objects.filter(pk=placed.pk).update(quantity=F("quantity") + made.units)
