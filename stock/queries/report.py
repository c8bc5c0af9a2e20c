"""The figures of the report: what the stock is worth, how fast it turns, how old it is."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import DecimalField, F, Sum

from jobs.models import Tenant
from stock.core.ageing import LABELS, Arrival, layers
from stock.models import Level, Snapshot

DAYS = 90
PRODUCTS = """
SELECT p.id, p.sku, p.name, p.price, coalesce(l.on_hand, 0)::bigint, coalesce(l.reserved, 0)::bigint,
       greatest(coalesce(w.sold, 0), 0)::bigint, coalesce(w.net, 0)::bigint,
       coalesce(c.value, 0), c.average, coalesce(w.spent, 0), coalesce(w.earned, 0), coalesce(w.value, 0)
FROM stock_product p
LEFT JOIN (SELECT product_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved FROM stock_level GROUP BY 1) l ON l.product_id = p.id
LEFT JOIN stock_valuation c ON c.product_id = p.id
LEFT JOIN (SELECT m.product_id, sum(m.quantity) AS net, sum(m.value) AS value,
                  -sum(m.quantity) FILTER (WHERE m.kind IN ('sold', 'returned')) AS sold,
                  -sum(m.value) FILTER (WHERE m.kind IN ('sold', 'returned')) AS spent,
                  -sum(m.quantity * coalesce(m.unit_price, i.price)) FILTER (WHERE m.kind IN ('sold', 'returned')) AS earned
           FROM stock_movement m JOIN stock_product i ON i.id = m.product_id
           WHERE i.tenant_id = %(tenant)s AND m.at > now() - make_interval(days => %(days)s) GROUP BY 1) w ON w.product_id = p.id
WHERE p.tenant_id = %(tenant)s AND (l.on_hand > 0 OR w.sold > 0) ORDER BY p.sku"""
# Of each product the newest arrivals, as many as explain what is on hand.
ARRIVALS = """
SELECT product_id, extract(day FROM now() - at)::int, quantity FROM (
    SELECT m.product_id, m.at, m.id, m.quantity, l.on_hand,
           sum(m.quantity) OVER (PARTITION BY m.product_id ORDER BY m.at DESC, m.id DESC) - m.quantity AS newer
    FROM stock_movement m JOIN stock_product p ON p.id = m.product_id
    JOIN (SELECT product_id, sum(on_hand) AS on_hand FROM stock_level GROUP BY 1) l ON l.product_id = m.product_id
    WHERE p.tenant_id = %s AND m.quantity > 0 AND m.kind <> 'transferred' AND l.on_hand > 0) arrived
WHERE newer < on_hand ORDER BY product_id, at DESC, id DESC"""


@dataclass(frozen=True, slots=True)
class Item:
    """A product with units by age; values are at its price of today. `cost` is what its units cost, `average` one of them, None
    where nobody has said; `spent` is what those that were sold cost, `earned` what was paid for them, `added` how much `cost`
    has grown in these days."""

    sku: str
    name: str
    price: float
    on_hand: int
    reserved: int
    sold: int
    before: int
    cost: float
    average: float | None
    spent: float
    earned: float
    added: float
    ages: list[int]

    @property
    def value(self) -> float:
        return round(self.on_hand * self.price, 2)

    @property
    def sold_value(self) -> float:
        return self.sold * self.price

    @property
    def turnover(self) -> float | None:
        return turnover(self.sold_value, self.before * self.price, self.value)

    @property
    def margin(self) -> float | None:
        """Of what was sold, in percent of what was paid for it."""
        return margin(self.earned, self.spent) if self.average is not None else None


@dataclass(slots=True)
class Costs:
    """The figures for managers. `unknown`: units of which nobody has said what they cost; they count as nothing."""

    value: float = 0.0
    unknown: int = 0
    spent: float = 0.0
    earned: float = 0.0
    margin: float | None = None
    turnover: float | None = None
    locations: list[tuple[str, int, float]] = field(default_factory=list)
    top: list[tuple[str, int, float]] = field(default_factory=list)
    earners: list[tuple[str, int, float]] = field(default_factory=list)
    series: list[tuple[str, float]] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """`turnover` is None where there was no stock to turn. Lists are of (label, units, value) or (day, value)."""

    units: int = 0
    reserved: int = 0
    value: float = 0.0
    sold: int = 0
    turnover: float | None = None
    days: int = DAYS
    idle: int = 0
    ageing: list[tuple[str, int, float]] = field(default_factory=list)
    locations: list[tuple[str, int, float]] = field(default_factory=list)
    top: list[tuple[str, int, float]] = field(default_factory=list)
    series: list[tuple[str, float]] = field(default_factory=list)
    costs: Costs | None = None

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def turnover(sold: float, before: float, now: float) -> float | None:
    """How often a year the stock is sold: what was sold, over the mean of the stock at the start and the end, brought to a year."""
    mean = (max(before, 0) + now) / 2
    return round(sold / mean * 365 / DAYS, 2) if mean else None


def items(tenant: Tenant) -> Iterator[Item]:
    """Each product that lies somewhere or was sold."""
    ages = _arrivals(tenant)
    with connection.cursor() as cursor:
        cursor.execute(PRODUCTS, {"tenant": tenant.pk, "days": DAYS})
        for id, sku, name, price, on_hand, reserved, sold, net, value, average, spent, earned, added in cursor:
            money = (float(value), None if average is None else float(average), float(spent), float(earned), float(added))
            yield Item(sku, name, float(price), on_hand, reserved, sold, on_hand - net, *money, layers(on_hand, ages.get(id, [])))


def _arrivals(tenant: Tenant) -> dict[int, list[Arrival]]:
    with connection.cursor() as cursor:
        cursor.execute(ARRIVALS, [tenant.pk])
        return {
            id: [Arrival(max(days, 0), units) for _, days, units in rows] for id, rows in groupby(cursor.fetchall(), lambda row: row[0])
        }


def summary(tenant: Tenant, rows: list[Item]) -> Report:
    """The figures of all these products together."""
    report = Report(value=round(sum(row.value for row in rows), 2))
    report.units, report.reserved = sum(row.on_hand for row in rows), sum(row.reserved for row in rows)
    report.sold = sum(row.sold for row in rows)
    before = sum(max(row.before, 0) * row.price for row in rows)
    report.turnover = turnover(sum(row.sold_value for row in rows), before, report.value)
    report.idle = sum(1 for row in rows if row.on_hand and not row.sold)
    report.ageing = _ageing(rows)
    report.top = [(row.sku, row.on_hand, row.value) for row in sorted(rows, key=lambda row: -row.value)[:10]]
    report.locations, report.series = _locations(tenant), _series(tenant)
    return report


def costs(tenant: Tenant, rows: list[Item]) -> Costs:
    """What all these products cost and earned together."""
    said = Costs(value=round(sum(row.cost for row in rows), 2), spent=round(sum(row.spent for row in rows), 2))
    said.unknown = sum(row.on_hand for row in rows if row.average is None)
    known = [row for row in rows if row.average is not None]
    said.earned = round(sum(row.earned for row in known), 2)
    said.margin = margin(said.earned, said.spent)
    said.turnover = turnover(said.spent, said.value - sum(row.added for row in rows), said.value)
    said.top = [(row.sku, row.on_hand, round(row.cost, 2)) for row in sorted(rows, key=lambda row: -row.cost)[:10] if row.cost]
    best = sorted(known, key=lambda row: row.spent - row.earned)[:10]
    said.earners = [(row.sku, row.sold, round(row.earned - row.spent, 2)) for row in best if row.earned]
    said.locations, said.series = _cost_by_location(tenant), _series(tenant, "cost")
    return said


def _cost_by_location(tenant: Tenant) -> list[tuple[str, int, float]]:
    """Units where they lie, at the average of their product."""
    rows = Level.objects.filter(product__tenant=tenant, product__valuation__average__isnull=False).order_by().values_list("location__name")
    cost = Sum(F("on_hand") * F("product__valuation__average"), output_field=DecimalField(max_digits=30, decimal_places=6))
    sums = rows.annotate(units=Sum("on_hand"), cost=cost).order_by("-cost", "location__name")
    return [(name, units, round(float(value), 2)) for name, units, value in sums if units]


def margin(earned: float, spent: float) -> float | None:
    """In percent; None where nothing was earned."""
    return round((earned - spent) / earned * 100, 1) if earned > 0 else None


def _ageing(rows: list[Item]) -> list[tuple[str, int, float]]:
    units, value = defaultdict[int, int](int), defaultdict[int, float](float)
    for row in rows:
        for n, count in enumerate(row.ages):
            units[n] += count
            value[n] += count * row.price
    return [(label, units[n], round(value[n], 2)) for n, label in enumerate(LABELS)]


def _locations(tenant: Tenant) -> list[tuple[str, int, float]]:
    rows = Level.objects.filter(product__tenant=tenant).order_by().values_list("location__name")
    sums = rows.annotate(units=Sum("on_hand"), value=Sum(F("on_hand") * F("product__price"))).order_by("-value", "location__name")
    return [(name, units, float(value)) for name, units, value in sums if units]


def _series(tenant: Tenant, figure: str = "value") -> list[tuple[str, float]]:
    rows = Snapshot.objects.filter(tenant=tenant).order_by("-day").values_list("day", figure)[:DAYS]
    return [(day.isoformat(), float(value)) for day, value in reversed(list(rows))]
