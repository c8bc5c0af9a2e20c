"""Products with stock, and what must be true of them at any moment."""

from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from jobs.models import Tenant
from stock.models import Location, Movement, Product
from stock.services import ledger
from stock.services.allocation import Rule, Wanted
from stock.services.ledger import Move
from stock.services.reserving import Request

TTL = timedelta(minutes=10)
# Levels that are not what the ledger and the reservations say.
DRIFT = """
SELECT v.product_id, v.on_hand, v.reserved, m.units, h.units FROM stock_level v
LEFT JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS units FROM stock_movement m
                   WHERE m.product_id = v.product_id AND m.location_id = v.location_id) m ON true
LEFT JOIN LATERAL (SELECT coalesce(sum(l.quantity), 0) AS units FROM stock_reservationline l
                   JOIN stock_reservation r ON r.id = l.reservation_id
                   WHERE l.product_id = v.product_id AND l.location_id = v.location_id AND r.state = 'active') h ON true
WHERE v.on_hand <> m.units OR v.reserved <> h.units OR v.reserved < 0 OR v.reserved > v.on_hand"""


def tenant() -> Tenant:
    return Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]


def product(sku: str, units: int = 0, location: str = "North", **values: object) -> Product:
    """A product with so many units at a location, brought in by the ledger."""
    owner = tenant()
    made, _ = Product.objects.get_or_create(tenant=owner, sku=sku, defaults={"name": f"Thing {sku}", "price": 2, **values})
    place, _ = Location.objects.get_or_create(tenant=owner, name=location)
    if units:
        ledger.post([Move(made.pk, place.pk, Movement.Kind.RECEIVED, units)], f"test:{sku}:{location}")
    return made


def client_of(role: str) -> Client:
    """A browser of someone who has that role, signed in; a customer has none."""
    user, _ = get_user_model().objects.get_or_create(username=f"a {role}")
    if role != "customer":
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    client = Client()
    client.force_login(user)
    return client


def request(reference: str, *lines: tuple[str, int] | tuple[str, int, str], rule: Rule = Rule.SPLIT, ttl: timedelta = TTL) -> Request:
    return Request(reference, "default", [Wanted(*line) for line in lines], ttl, rule=rule)


def drift() -> Sequence[object]:
    with connection.cursor() as cursor:
        cursor.execute(DRIFT)
        return cursor.fetchall()
