"""What was wanted of each product: sold less returned, and refused."""

from dataclasses import dataclass

from django.db import connection

from jobs.models import Tenant
from stock.core.replenishment import Demand

DAYS, FEWEST = 56, 7
# By day of UTC; a product is looked at since its first movement, so that a new one is not taken for one that sells little.
DAILY = """
WITH asked AS (
    SELECT m.product_id, (m.at AT TIME ZONE 'UTC')::date AS day, -m.quantity AS sold, 0 AS refused
    FROM stock_movement m JOIN stock_product p ON p.id = m.product_id
    WHERE p.tenant_id = %(tenant)s AND m.kind IN ('sold', 'returned') AND m.at > now() - make_interval(days => %(days)s)
    UNION ALL
    SELECT r.product_id, (r.at AT TIME ZONE 'UTC')::date, 0, r.wanted
    FROM stock_refusal r WHERE r.tenant_id = %(tenant)s AND r.at > now() - make_interval(days => %(days)s)
), daily AS (
    SELECT product_id, day, greatest(sum(sold), 0) AS sold, sum(refused) AS refused FROM asked GROUP BY 1, 2
)
SELECT product_id, sum(sold)::bigint, sum(refused)::bigint, sum((sold + refused) ^ 2)::bigint,
       (SELECT extract(day FROM now() - min(f.at))::int FROM stock_movement f WHERE f.product_id = daily.product_id)
FROM daily GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class Wanted:
    sold: int
    refused: int
    demand: Demand


def by_product(tenant: Tenant) -> dict[int, Wanted]:
    """Of each product that was wanted in the last days."""
    with connection.cursor() as cursor:
        cursor.execute(DAILY, {"tenant": tenant.pk, "days": DAYS})
        return {product: _wanted(*row) for product, *row in cursor.fetchall()}


def _wanted(sold: int, refused: int, squares: int, age: int | None) -> Wanted:
    days = min(max(age or 0, FEWEST), DAYS)
    return Wanted(sold, refused, Demand(days, sold + refused, squares))
