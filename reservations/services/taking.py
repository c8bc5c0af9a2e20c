"""Giving free seats to holds: one statement for all of them, which refuses the whole where a seat was not as it looked."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection
from django.db.models.functions import Lower

from reservations.models import Hold, Show, Ticket

TAKE = """
    UPDATE reservations_showseat s SET state = 'held', hold_id = v.hold, held_until = v.until
      FROM unnest(%s::bigint[], %s::uuid[], %s::timestamptz[]) AS v(id, hold, until)
     WHERE s.id = v.id AND s.show_id = %s
       AND (s.state = 'free' OR (s.state = 'held' AND (s.held_until <= clock_timestamp() OR s.hold_id = v.hold)))"""


class NotAsItLooked(DatabaseError):
    """A seat changed behind the lock: nothing is written."""


def take(show: Show, holds: Collection[Hold]) -> None:
    """Put the seats of these holds into them, all or none; the holds are in the database. Raises NotAsItLooked."""
    taken = [(seat, hold.pk, hold.expires_at) for hold in holds for seat in hold.seat_ids]
    if taken:
        exactly(TAKE, [*map(list, zip(*taken, strict=True)), show.pk], len(taken))


def exactly(sql: str, values: Sequence[Any], expected: int) -> None:
    """Change so many rows; raises NotAsItLooked for fewer."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        if cursor.rowcount != expected:
            raise NotAsItLooked(f"{expected} rows were to change, {cursor.rowcount} did.")


def booked_with(show_id: int, addresses: Collection[str]) -> Counter[str]:
    """How many seats are booked with each of these e-mail addresses, by its small letters: what a guest's limit counts too."""
    small = {address.lower() for address in addresses}
    if not small:
        return Counter()
    valid = Ticket.objects.annotate(address=Lower("booking__email")).filter(booking__show_id=show_id, address__in=small, cancelled_at=None)
    return Counter(valid.values_list("address", flat=True))


def seats_of(show_id: int, buyers: Collection[str], now: datetime) -> Counter[str]:
    """How many seats each of these buyers has held or booked."""
    has: Counter[str] = Counter()
    if buyers:
        live = Hold.objects.filter(show_id=show_id, buyer__in=buyers, state=Hold.State.ACTIVE, expires_at__gt=now)
        for buyer, seats in live.values_list("buyer", "seat_ids"):
            has[buyer] += len(seats)
        has += booked_by(show_id, buyers)
    return has


def booked_by(show_id: int, buyers: Collection[str]) -> Counter[str]:
    """How many seats each of these buyers has booked."""
    if not buyers:
        return Counter()
    valid = Ticket.objects.filter(booking__show_id=show_id, booking__buyer__in=buyers, cancelled_at=None)
    return Counter(valid.values_list("booking__buyer", flat=True))
