"""The ways in which a cart may be had, and how much of it each could give this moment."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from jobs.models import Tenant
from stock.models import Location, Product
from stock.services.allocation import Rule

# Free units by product and place; a reservation whose time is over holds none, swept or not.
FREE = """
SELECT p.sku, v.location_id, (v.on_hand - v.reserved + coalesce((
           SELECT sum(l.quantity) FROM stock_reservationline l JOIN stock_reservation r ON r.id = l.reservation_id
           WHERE l.product_id = v.product_id AND l.location_id = v.location_id AND r.state = 'active' AND r.expires_at <= now()), 0))::int
FROM stock_level v JOIN stock_product p ON p.id = v.product_id
WHERE p.tenant_id = %s AND p.sku = ANY(%s) AND p.active"""
ANYWHERE, ONE_PLACE = "split", "whole"


@dataclass(frozen=True, slots=True)
class Way:
    """`short`: names of products that could not be had so in that number; `later`: what would be owed until it arrives, as "2 of Rug"."""

    value: str
    title: str
    rule: Rule
    location: str
    short: tuple[str, ...]
    later: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """So many of a product, and what is free of it by place."""

    name: str
    units: int
    backorder: bool
    free: Mapping[int, int]

    def missing(self, rule: Rule, place: int) -> int:
        """How many are not there for the rule, as services.allocation gives them: only a split takes what falls short."""
        most = sum(self.free.values())
        if rule != Rule.SPLIT:
            most = self.free.get(place, 0) if rule == Rule.THERE else max(self.free.values(), default=0)
        taken = most if rule == Rule.SPLIT else 0
        return self.units - taken if most < self.units else 0


def of(tenant: Tenant, lines: Mapping[str, int]) -> list[Way]:
    """From anywhere; each product from one place; or collected, at each place where customers may."""
    asked = _asked(tenant, lines)
    return [
        _way(asked, ANYWHERE, "Sent, from wherever it is", Rule.SPLIT),
        _way(asked, ONE_PLACE, "Sent, all of a product in one parcel", Rule.WHOLE),
        *(
            _way(asked, f"at:{place.pk}", f"Collected at {place.name}", Rule.THERE, place)
            for place in Location.objects.filter(tenant=tenant, pickup=True)
        ),
    ]


def _way(asked: list[Asked], value: str, title: str, rule: Rule, place: Location | None = None) -> Way:
    missing = [(line, units) for line in asked if (units := line.missing(rule, place.pk if place else 0))]
    short = [line.name for line, _ in missing if not line.backorder]
    later = [f"{units} of {line.name}" for line, units in missing if line.backorder]
    return Way(value, title, rule, place.name if place else "", tuple(short), tuple(later))


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


def _asked(tenant: Tenant, lines: Mapping[str, int]) -> list[Asked]:
    free = _free(tenant, lines)
    goods = Product.objects.filter(tenant=tenant, sku__in=lines, active=True).values_list("sku", "name", "backorder")
    return [Asked(name, lines[sku], backorder, free.get(sku, {})) for sku, name, backorder in goods]
