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
GOODS = "SELECT sku, name, backorder FROM stock_product WHERE tenant_id = %s AND sku = ANY(%s) AND active"
ANYWHERE, ONE_PLACE = "split", "whole"


@dataclass(frozen=True, slots=True)
class Way:
    """`short`: names of products that could not be had so in that number."""

    value: str
    title: str
    rule: Rule
    location: str
    short: tuple[str, ...]


def of(tenant: Tenant, lines: Mapping[str, int]) -> list[Way]:
    """From anywhere; each product from one place; or collected, at each place where customers may."""
    free, strict = _free(tenant, lines), _strict(tenant, lines)
    wanted = [(name, lines[sku], free.get(sku, {})) for sku, name in strict.items()]
    split = [name for name, units, there in wanted if sum(there.values()) < units]
    whole = [name for name, units, there in wanted if max(there.values(), default=0) < units]
    ways = [
        Way(ANYWHERE, "Sent, from wherever it is", Rule.SPLIT, "", tuple(split)),
        Way(ONE_PLACE, "Sent, all of a product in one parcel", Rule.WHOLE, "", tuple(whole)),
    ]
    for place in Location.objects.filter(tenant=tenant, pickup=True):
        missing = [name for name, units, there in wanted if there.get(place.pk, 0) < units]
        ways.append(Way(f"at:{place.pk}", f"Collected at {place.name}", Rule.THERE, place.name, tuple(missing)))
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


def _strict(tenant: Tenant, lines: Mapping[str, int]) -> dict[str, str]:
    """Names, by SKU, of what may not be reserved beyond what is there."""
    with connection.cursor() as cursor:
        cursor.execute(GOODS, [tenant.pk, list(lines)])
        return {sku: name for sku, name, backorder in cursor.fetchall() if not backorder}
