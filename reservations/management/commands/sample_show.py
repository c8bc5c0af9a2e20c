"""A hall of any size and a show on sale in it, to try things on and to measure with."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from jobs.models import Tenant
from jobs.models.tenant import DEFAULT_TENANT
from reservations.core import generator
from reservations.core.seat import Drawing, DrawnSection
from reservations.models import Show, ShowSeat, Venue, Zone
from reservations.services import seat_maps, shows

ROW, PART, COLOURS = 100, 10, ("#9c2f45", "#2f6f9c", "#3f7d4e", "#8a6d1f", "#6b4a9e")


class Command(BaseCommand):
    help = "Put a show on sale in a hall of that many seats; prints the show's number."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--seats", type=int, default=200, help="Up to 100 in a row.")
        parser.add_argument("--hold-for", type=float, default=600, help="Seconds for which a seat is held.")
        parser.add_argument("--opens-in", type=float, default=-3600, help="Seconds until its sale starts.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.get(slug=DEFAULT_TENANT)
        venue, _ = Venue.objects.get_or_create(tenant=tenant, name="Sample House")
        map = seat_maps.create(venue, hall(options["name"], options["seats"]))
        parts = list(map.sections.all())
        zones = [Zone(name=f"Price {n + 1}", price=60 - 8 * n, colour=COLOURS[n % len(COLOURS)]) for n in range(len(parts))]
        now, held = timezone.now(), timedelta(seconds=options["hold_for"])
        times = {"starts_at": now + timedelta(days=20), "ends_at": now + timedelta(days=20, hours=2)}
        times |= {"on_sale_from": now + timedelta(seconds=options["opens_in"]), "on_sale_until": now + timedelta(days=20)}
        show = shows.create(tenant, map, zones, name=options["name"], hold_for=held, hold_ceiling=max(held, timedelta(minutes=30)), **times)
        _paint(show)
        shows.publish(show)
        self.stdout.write(str(show.pk))


def hall(name: str, seats: int) -> Drawing:
    """Rows of up to a hundred with two aisles, cut into sections of ten rows."""
    across = min(ROW, max(10, round((seats * 2) ** 0.5)))
    drawn = generator.straight(name, max(1, seats // across), across, aisles_after=(across // 3, across - across // 3), wheelchairs=2)
    rows = drawn.sections[0].rows
    parts = tuple(DrawnSection(f"Part {n // PART + 1}", rows[n : n + PART]) for n in range(0, len(rows), PART))
    return Drawing(drawn.name, drawn.width, drawn.height, parts, drawn.areas, drawn.stage)


def _paint(show: Show) -> None:
    for zone, part in zip(show.zones.all(), show.map.sections.all(), strict=True):
        seats = ShowSeat.objects.filter(show=show, seat__block__row__section=part)
        shows.paint(show, zone, list(seats.values_list("pk", flat=True)))
