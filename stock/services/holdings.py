"""What reservations hold of the levels, taken off again: given back, or sold. Products are locked by the caller."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

TAKE_OFF = """
UPDATE stock_level v SET reserved = v.reserved - c.units
FROM (SELECT product_id, location_id, sum(quantity)::int AS units FROM stock_reservationline
      WHERE reservation_id = ANY(%s::uuid[]) AND location_id IS NOT NULL GROUP BY 1, 2) AS c
WHERE v.product_id = c.product_id AND v.location_id = c.location_id"""


def give_back(reservations: Sequence[UUID]) -> None:
    """Their units are promised to no one any more."""
    if reservations:
        with connection.cursor() as cursor:
            cursor.execute(TAKE_OFF, [list(reservations)])
