"""A hall and a show on sale for tests."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from jobs.models import Tenant
from reservations.core import generator
from reservations.core.seat import Drawing
from reservations.models import Show, Venue, Zone
from reservations.services import seat_maps, shows


def on_sale(drawing: Drawing | None = None, **fields: Any) -> Show:
    """A published show in one zone of 30, on sale now."""
    tenant, _ = Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    venue, _ = Venue.objects.get_or_create(tenant=tenant, name="House")
    map = seat_maps.create(venue, drawing or generator.straight("Hall", 4, 10, aisles_after=(5,), wheelchairs=1))
    now = timezone.now()
    times = {"starts_at": now + timedelta(days=9), "ends_at": now + timedelta(days=9, hours=2)}
    sale = {"on_sale_from": now - timedelta(days=1), "on_sale_until": now + timedelta(days=9)}
    show = shows.create(tenant, map, [Zone(name="All", price="30.00")], name="Show", **times | sale | fields)
    shows.publish(show)
    show.refresh_from_db()
    return show
