"""The ways in which a cart may be had, and how much of it each could give this moment."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from jobs.models import Tenant
from stock.models import Location
from stock.services.allocation import Rule

# Free units by product and place; a reservation whose time is over holds none, swept or not.
FREE = """
SELECT p.sku, v.location_id, (v.on_hand - v.reserved + coalesce((
           SELECT sum(l.quantity) FROM stock_reservationline l JOIN stock_reservation r ON r.id = l.reservation_id
           WHERE l.product_id = v.product_id AND l.location_id = v.location_id AND r.state = 'active' AND r.expires_at <= now()), 0))::int
FROM stock_level v JOIN stock_product p ON p.id = v.product_id
WHERE p.tenant_id = %s AND p.sku = ANY(%s) AND p.active"""
OWED = "SELECT sku FROM stock_product WHERE tenant_id = %s AND sku = ANY(%s) AND active AND backorder"
ANYWHERE, ONE_PLACE = "split", "whole"


@dataclass(frozen=True, slots=True)
class Way:
    """`short`: SKUs that could not be had so in that number."""

    value: str
    title: str
    rule: Rule
    location: str
    short: tuple[str, ...]


def of(tenant: Tenant, lines: Mapping[str, int]) -> list[Way]:
    """From anywhere; each product from one place; or collected, at each place where customers may."""
    free, owed = _free(tenant, lines), _owed(tenant, lines)
    split = [sku for sku, units in lines.items() if sku not in owed and sum(free.get(sku, {}).values()) < units]
    whole = [sku for sku, units in lines.items() if sku not in owed and max(free.get(sku, {}).values(), default=0) < units]
    ways = [
        Way(ANYWHERE, "Sent, from wherever it is", Rule.SPLIT, "", tuple(split)),
        Way(ONE_PLACE, "Sent, all of a product in one parcel", Rule.WHOLE, "", tuple(whole)),
    ]
    for place in Location.objects.filter(tenant=tenant, pickup=True):
        there = [sku for sku, units in lines.items() if sku not in owed and free.get(sku, {}).get(place.pk, 0) < units]
        ways.append(Way(f"at:{place.pk}", f"Collected at {place.name}", Rule.THERE, place.name, tuple(there)))
    return ways


def at_shops(tenant: Tenant, sku: str) -> list[tuple[str, int]]:
    """How much of a product is free at each place where customers may collect."""
    free = _free(tenant, {sku: 1}).get(sku, {})
    return [(place.name, max(free.get(place.pk, 0), 0)) for place in Location.objects.filter(tenant=tenant, pickup=True)]


def _free(tenant: Tenant, lines: Mapping[str, int]) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(FREE, [tenant.pk, list(lines)])
        for sku, place, units in cursor.fetchall():
            found.setdefault(sku, {})[place] = units
    return found


def _owed(tenant: Tenant, lines: Mapping[str, int]) -> set[str]:
    """What may be reserved beyond what is there."""
    with connection.cursor() as cursor:
        cursor.execute(OWED, [tenant.pk, list(lines)])
        return {sku for (sku,) in cursor.fetchall()}
