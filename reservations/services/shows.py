"""Putting a show on sale: its seats, its prices, its house seats."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from jobs.core.errors import InvalidInput, InvalidState, NotFound
from jobs.models import Tenant
from jobs.services import audit
from reservations.models import Area, Extra, Hold, Seat, SeatMap, Show, ShowSeat, Zone
from reservations.services import floors, news, seat_maps, times
from stock.queries import catalogue

# Letters of a value that the audit keeps: a description may be as long as a book.
TOLD = 200


class ShowFixed(InvalidState):
    """Buyers go by it: it does not change any more."""

    code = "show_fixed"


@transaction.atomic
def create(tenant: Tenant, map: SeatMap, zones: Sequence[Zone], **fields: Any) -> Show:
    """A draft of a show on that map, all its seats in the first of these zones. The map is frozen from now on. Raises InvalidInput."""
    if not zones:
        raise InvalidInput("A show needs at least one price zone.")
    seat_maps.freeze(map)
    show = Show(tenant=tenant, map=map, **fields)
    _check(show)
    show.save(force_insert=True)
    for number, zone in enumerate(zones):
        zone.show, zone.number = show, number
        zone.save(force_insert=True)
    _lay_out(show, zones[0])
    return show


def _lay_out(show: Show, zone: Zone) -> None:
    """One row for each seat, in the order of the hall, and one for each place to stand."""
    order = ("block__row__section__number", "block__row__rank", "block__number", "place")
    seats = Seat.objects.filter(map_id=show.map_id).order_by(*order).values_list("pk", flat=True)
    rows = [ShowSeat(show=show, zone=zone, seat_id=pk) for pk in seats]
    areas = Area.objects.filter(map_id=show.map_id)
    rows += [ShowSeat(show=show, zone=zone, area=area, number=n + 1) for area in areas for n in range(area.capacity)]
    ShowSeat.objects.bulk_create(rows, batch_size=2000)


def _check(show: Show) -> None:
    try:
        show.full_clean()
    except ValidationError as error:
        told = {field: " ".join(words) for field, words in error.message_dict.items()}
        raise InvalidInput(" ".join(told.values()), told) from None


@transaction.atomic
def change(show: Show, **fields: Any) -> Show:
    """Other words, times and rules of a show, or as long as nobody goes by it another currency or map; answers it as it is then.
    Who has booked is told of other times.

    Raises InvalidInput with what is wrong by field, ShowFixed, and InvalidState for a cancelled show.
    """
    row = floors.lock(show.pk)
    was = {name: getattr(row, name) for name, value in fields.items() if getattr(row, name) != value}
    if not was:
        return row
    _must_be_free(row, was)
    known = times.of(row)
    for name in was:
        setattr(row, name, fields[name])
    _check(row)
    row.save(update_fields=list(was))
    if "map" in was:
        _move(row)
    told = {name: [str(value)[:TOLD], str(fields[name])[:TOLD]] for name, value in was.items()}
    audit.record("show.change", row.subject, tenant=row.tenant, changed=told, buyers_told=times.tell(row, known))
    row.refresh_from_db()
    return row


def _must_be_free(show: Show, names: Collection[str]) -> None:
    if show.state == Show.State.CANCELLED:
        raise InvalidState("This show is cancelled: nothing of it changes any more.")
    if "map" in names and show.state != Show.State.DRAFT:
        raise ShowFixed("Buyers know this show: it stays in its hall. Cancel it, and put on another.")
    if {"map", "currency"} & set(names) and show.holds.exists():
        raise ShowFixed("Seats of this show were held or sold: its hall and its currency stay.")


def _move(show: Show) -> None:
    """Into another hall: all seats are in the first price again."""
    seat_maps.freeze(show.map)
    show.seats.all().delete()
    _lay_out(show, show.zones.all()[0])
    Show.objects.filter(pk=show.pk).update(painting=F("painting") + 1)


@transaction.atomic
def paint(show: Show, zone: Zone, seat_ids: Sequence[int]) -> int:
    """Put seats into a price zone; raises InvalidState where one is held or booked, for its buyer has seen a price."""
    Show.objects.select_for_update(no_key=True).get(pk=show.pk)
    chosen = ShowSeat.objects.filter(show=show, pk__in=seat_ids)
    if taken := chosen.filter(state__in=["held", "booked"]).exclude(zone=zone).count():
        raise InvalidState(f"{taken} of these seats are held or booked; their price can't change.")
    ids = list(chosen.exclude(zone=zone).values_list("pk", flat=True))
    painted = chosen.update(zone=zone)
    Show.objects.filter(pk=show.pk).update(painting=F("painting") + 1)
    if ids:
        news.tell_of_price(show, zone, ids)
    return painted


@transaction.atomic
def change_zone(zone: Zone, name: str, price: Decimal, colour: str) -> None:
    """What seats of a zone cost from now on. Who holds one pays what they saw; what is sold stays so. Raises InvalidInput."""
    show = Show.objects.select_for_update(no_key=True).get(pk=zone.show_id)
    if show.zones.filter(name=name).exclude(pk=zone.pk).exists():
        raise InvalidInput(f"There is a price called {name} already.")
    was = Zone.objects.get(pk=zone.pk)
    if was.price != price:
        _quote(was)
        audit.record("zone.price", show.subject, tenant=show.tenant, zone=name, was=str(was.price), now=str(price))
    zone.name, zone.price, zone.colour = name, price, colour
    zone.save(update_fields=["name", "price", "colour"])
    news.tell_of_price(show, zone)


def _quote(zone: Zone) -> None:
    """Those who hold seats of it keep its price, the first that they saw."""
    seats = ShowSeat.objects.filter(zone=zone, state=ShowSeat.State.HELD).values("hold")
    holds = list(Hold.objects.filter(pk__in=seats, state=Hold.State.ACTIVE))
    for hold in holds:
        hold.quoted.setdefault(str(zone.pk), str(zone.price))
    Hold.objects.bulk_update(holds, ["quoted"])


def offer(show: Show, sku: str, most: int) -> Extra:
    """Sell a product of stock with this show, at most so many with one purchase; raises InvalidInput, NotFound."""
    if not 1 <= most <= 100:
        raise InvalidInput("At most how many with one purchase: 1 to 100.")
    if show.currency != settings.CURRENCY:
        raise InvalidInput(f"Stock sells in {settings.CURRENCY}, this show in {show.currency}: a purchase has one currency.")
    product = catalogue.of(show.tenant).filter(sku=sku).first()
    if product is None:
        raise NotFound(f"Stock sells nothing with the SKU {sku!r}.")
    return Extra.objects.update_or_create(show=show, product_id=product.pk, defaults={"most": most, "offered": True})[0]


def withdraw(extra: Extra) -> None:
    """Offer it no more."""
    Extra.objects.filter(pk=extra.pk).update(offered=False)


def publish(show: Show) -> None:
    """Let buyers see it; it is sold in its on-sale window."""
    if not Show.objects.filter(pk=show.pk, state=Show.State.DRAFT).update(state=Show.State.PUBLISHED):
        raise InvalidState("Only a draft can be published.")
    audit.record("show.publish", show.subject, tenant=show.tenant, name=show.name)
