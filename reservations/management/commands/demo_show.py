"""Three halls and a show on sale in each, to look at on the first day."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from jobs.models import Tenant
from jobs.models.tenant import DEFAULT_TENANT
from reservations.core import generator
from reservations.core.picker import Want
from reservations.core.seat import Drawing
from reservations.models import Booking, Hold, Show, ShowSeat, Ticket, Venue, Zone
from reservations.services import floors, seat_maps, shows
from stock.models import Location, Movement, Product
from stock.services import ledger
from stock.services.ledger import Move

# A zone: its name, price, colour, and from which row of a section on it begins; None: the places to stand.
Price = tuple[str, str, str, int | None]


@dataclass(frozen=True, slots=True)
class Demo:
    venue: str
    address: str
    city: str
    drawing: Drawing
    name: str
    description: str
    in_days: int
    prices: tuple[Price, ...]
    parties: int = 0


DEMOS = (
    Demo(
        "Lantern Theatre",
        "4 Quay Street",
        "Bremen",
        generator.straight("Great Hall", 14, 20, aisles_after=(6, 14), wheelchairs=3, standing=40),
        "The Tempest",
        "A play of storms, and of letting go.",
        30,
        (
            ("Front", "48.00", "#9c2f45", 0),
            ("Middle", "36.00", "#2f6f9c", 4),
            ("Back", "24.00", "#3f7d4e", 10),
            ("Standing", "12.00", "#8a6d1f", None),
        ),
    ),
    Demo(
        "Harbour Hall",
        "1 Pilot's Row",
        "Hamburg",
        generator.arcs("Concert Hall", 18, 30),
        "Sea Pictures",
        "Elgar, Debussy and a new piece for horn and foghorn, with the Harbour Philharmonic.",
        17,
        (("Parquet", "72.00", "#7a3e9d", 0), ("Middle", "54.00", "#b0572b", 6), ("Rear", "32.00", "#2f7f86", 12)),
        parties=140,
    ),
    Demo(
        "The Blue Door",
        "19 Mill Lane",
        "Leipzig",
        generator.tables("Club", 6, 4, 6),
        "Small Tables, Late Trio",
        "Two sets, one break, and the kitchen stays open until the last chorus.",
        9,
        (("By the stage", "39.00", "#1f5fa8", 0), ("In the room", "27.00", "#a8471f", 12)),
        parties=18,
    ),
)

EXTRAS = (
    ("PROGRAMME", "Programme", "To collect at the cloakroom with your ticket.", "6.50", 400),
    ("PARKING", "Parking", "A place in the courtyard, from two hours before the doors open.", "12.00", 24),
)


class Command(BaseCommand):
    help = "Load demo halls and shows on sale, once."

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.get(slug=DEFAULT_TENANT)
        for demo in DEMOS:
            if not Venue.objects.filter(tenant=tenant, name=demo.venue).exists():
                _load(tenant, demo)


@transaction.atomic
def _load(tenant: Tenant, demo: Demo) -> None:
    venue = Venue.objects.create(tenant=tenant, name=demo.venue, address=demo.address, city=demo.city, time_zone="Europe/Berlin")
    map = seat_maps.create(venue, demo.drawing)
    zones = [Zone(name=name, price=price, colour=colour) for name, price, colour, _ in demo.prices]
    show = shows.create(tenant, map, zones, name=demo.name, description=demo.description, **_times(demo.in_days))
    _paint(show, demo.prices)
    shows.publish(show)
    _sell(show, demo.parties)
    _keep_house_seats(show)
    _offer_extras(show)


def _offer_extras(show: Show) -> None:
    """A programme and a place to park, of the stock of the box office."""
    place, _ = Location.objects.get_or_create(tenant=show.tenant, name="Box office")
    for sku, name, text, price, units in EXTRAS:
        product, new = Product.objects.get_or_create(
            tenant=show.tenant, sku=sku, defaults={"name": name, "description": text, "price": price}
        )
        if new:
            ledger.post([Move(product.pk, place.pk, Movement.Kind.RECEIVED, units)], f"demo:{sku}")
        shows.offer(show, sku, 6)


def _times(in_days: int) -> dict[str, datetime]:
    starts = (timezone.now() + timedelta(days=in_days)).replace(hour=18, minute=30, second=0, microsecond=0)
    return {
        "doors_at": starts - timedelta(hours=1),
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=3),
        "on_sale_from": timezone.now() - timedelta(days=14),
        "on_sale_until": starts,
    }


def _paint(show: Show, prices: Iterable[Price]) -> None:
    """By rows from the front, and the standing room."""
    seats = ShowSeat.objects.filter(show=show)
    for zone, (*_, first) in zip(show.zones.all(), prices, strict=True):
        chosen = seats.filter(seat=None) if first is None else seats.filter(seat__block__row__rank__gte=first)
        shows.paint(show, zone, list(chosen.values_list("pk", flat=True)))


def _sell(show: Show, parties: int) -> None:
    """Sales of the last two weeks, seated by the picker in the zones that people like, the same each time. No mail is sent for them."""
    dice, zones, floor = random.Random(7), list(show.zones.values_list("pk", flat=True)), floors.open_floor(show.pk)
    for number in range(parties):
        want = Want(dice.choice((1, 2, 2, 2, 3, 4, 4, 5)), frozenset({dice.choice(zones)}))
        if seats := floor.picker.pick(want):
            floor.floor.take(seats)
            _book(show, number, floor.ids(seats), timezone.now() - timedelta(days=14 * (1 - number / parties)))


def _book(show: Show, number: int, ids: list[int], at: datetime) -> None:
    rows = list(ShowSeat.objects.filter(pk__in=ids).select_related("zone"))
    who = f"demo:{number}"
    times = {"started_at": at, "expires_at": at, "ceiling_at": at, "ended_at": at}
    hold = Hold.objects.create(show=show, reference=who, buyer=who, state=Hold.State.CONFIRMED, seat_ids=ids, **times)
    total = sum(row.zone.price for row in rows)
    booking = Booking.objects.create(
        tenant=show.tenant,
        show=show,
        number=f"DM{show.pk}-{number:03}",
        hold=hold,
        buyer=who,
        name="A guest",
        email="guest@example.com",
        total=total,
        booked_at=at,
    )
    Ticket.objects.bulk_create(Ticket(booking=booking, show_seat=row, price=row.zone.price, issued_at=at) for row in rows)
    ShowSeat.objects.filter(pk__in=ids).update(state=ShowSeat.State.BOOKED)


def _keep_house_seats(show: Show) -> None:
    """Two by two in the middle of the front row, where they are free."""
    front = ShowSeat.objects.filter(show=show, seat__block__row__rank=0, state=ShowSeat.State.FREE, seat__label__in=["9", "10", "11", "12"])
    ShowSeat.objects.filter(pk__in=list(front.values_list("pk", flat=True))).update(state=ShowSeat.State.BLOCKED, reason="house seats")
