"""A theatre of some 300 seats and a show on sale, to look at on the first day."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from jobs.models import Tenant
from jobs.models.tenant import DEFAULT_TENANT
from reservations.core import generator
from reservations.models import Show, ShowSeat, Venue, Zone
from reservations.services import seat_maps, shows

VENUE = "Lantern Theatre"


class Command(BaseCommand):
    help = "Load a demo hall and a show on sale, once."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.get(slug=DEFAULT_TENANT)
        if Venue.objects.filter(tenant=tenant, name=VENUE).exists():
            return
        venue = Venue.objects.create(tenant=tenant, name=VENUE, address="4 Quay Street", city="Bremen", time_zone="Europe/Berlin")
        map = seat_maps.create(venue, generator.straight("Great Hall", 14, 20, aisles_after=(6, 14), wheelchairs=3, standing=40))
        show = shows.create(tenant, map, _zones(), name="The Tempest", description="A play of storms, and of letting go.", **_times())
        _paint(show)
        shows.publish(show)


def _zones() -> list[Zone]:
    return [
        Zone(name="Front", price="48.00", colour="#9c2f45"),
        Zone(name="Middle", price="36.00", colour="#2f6f9c"),
        Zone(name="Back", price="24.00", colour="#3f7d4e"),
        Zone(name="Standing", price="12.00", colour="#8a6d1f"),
    ]


def _times() -> dict[str, Any]:
    starts = (timezone.now() + timedelta(days=30)).replace(hour=18, minute=30, second=0, microsecond=0)
    return {
        "doors_at": starts - timedelta(hours=1),
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=3),
        "on_sale_from": timezone.now() - timedelta(hours=1),
        "on_sale_until": starts,
    }


def _paint(show: Show) -> None:
    """Prices by rows, the standing room, and four house seats."""
    _, middle, back, standing = show.zones.all()
    seats = ShowSeat.objects.filter(show=show)
    by_rank = {middle: seats.filter(seat__block__row__rank__range=(4, 9)), back: seats.filter(seat__block__row__rank__gte=10)}
    for zone, chosen in {**by_rank, standing: seats.filter(seat=None)}.items():
        shows.paint(show, zone, list(chosen.values_list("pk", flat=True)))
    house = seats.filter(seat__block__row__rank=0, seat__label__in=["9", "10", "11", "12"]).values_list("pk", flat=True)
    seats.filter(pk__in=list(house)).update(state=ShowSeat.State.BLOCKED, reason="house seats")
