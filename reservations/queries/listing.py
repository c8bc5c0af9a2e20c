"""Shows as buyers find them, and their seats by section for the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from jobs.models import Tenant
from reservations.models import Area, Hold, Section, Show, ShowSeat
from reservations.queries.seating import STATUS

FEW = 0.1


@dataclass(frozen=True, slots=True)
class Availability:
    """How much of a show is free, and the least price of what is free."""

    free: int = 0
    seats: int = 0
    from_price: Decimal | None = None

    @property
    def sold_out(self) -> bool:
        return not self.free

    @property
    def few(self) -> bool:
        return 0 < self.free <= self.seats * FEW

    @property
    def percent(self) -> int:
        """How full it is."""
        return 100 - 100 * self.free // self.seats if self.seats else 0


def upcoming(tenant: Tenant, words: str = "") -> Any:
    """The shows that are not over, the next first; `words` are looked for in the show, the house and the city."""
    found = Show.objects.published().filter(tenant=tenant, ends_at__gt=timezone.now()).select_related("map__venue")
    for word in words.split()[:6]:
        anywhere = Q(name__icontains=word) | Q(description__icontains=word)
        found = found.filter(anywhere | Q(map__venue__name__icontains=word) | Q(map__venue__city__icontains=word))
    return found


def availability(shows: Sequence[Show]) -> dict[int, Availability]:
    """By the id of the show."""
    sql = f"""
        SELECT s.show_id, count(*) FILTER (WHERE {STATUS} = 'free'), count(*), min(z.price) FILTER (WHERE {STATUS} = 'free')
          FROM reservations_showseat s JOIN reservations_zone z ON z.id = s.zone_id
         WHERE s.show_id = ANY (%s) GROUP BY s.show_id"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [[show.pk for show in shows]])
        return {show: Availability(free, seats, price) for show, free, seats, price in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Part:
    """A section or a standing area with what it has free and from which price."""

    id: int
    name: str
    free: int
    seats: int
    from_price: Decimal | None


def sections(show: Show) -> list[Part]:
    """The sections in their order, each with its free seats."""
    sql = f"""
        SELECT r.section_id, count(*) FILTER (WHERE {STATUS} = 'free'), count(*), min(z.price) FILTER (WHERE {STATUS} = 'free')
          FROM reservations_showseat s JOIN reservations_zone z ON z.id = s.zone_id JOIN reservations_seat seat ON seat.id = s.seat_id
          JOIN reservations_block b ON b.id = seat.block_id JOIN reservations_row r ON r.id = b.row_id
         WHERE s.show_id = %s GROUP BY r.section_id"""
    counts = _counts(sql, show)
    return [Part(s.pk, s.name, *counts[s.pk]) for s in Section.objects.filter(map_id=show.map_id) if s.pk in counts]


def areas(show: Show) -> list[Part]:
    """The standing areas."""
    sql = f"""
        SELECT s.area_id, count(*) FILTER (WHERE {STATUS} = 'free'), count(*), min(z.price)
          FROM reservations_showseat s JOIN reservations_zone z ON z.id = s.zone_id
         WHERE s.show_id = %s AND s.area_id IS NOT NULL GROUP BY s.area_id"""
    counts = _counts(sql, show)
    return [Part(a.pk, a.name, *counts[a.pk]) for a in Area.objects.filter(map_id=show.map_id) if a.pk in counts]


def _counts(sql: str, show: Show) -> dict[int, tuple[int, int, Decimal | None]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [show.pk])
        return {part: (free, seats, price) for part, free, seats, price in cursor.fetchall()}


def rows_of(show: Show, section: int, hold: Hold | None) -> list[dict[str, Any]]:
    """The rows of one section, each with its seats in words, what they are now and what they cost for who has this hold."""
    found = ShowSeat.objects.filter(show=show, seat__block__row__section=section).select_related("seat__block__row", "zone")
    rows: dict[int, dict[str, Any]] = {}
    now = timezone.now()
    mine = hold.seat_ids if hold else []
    for row in found.order_by("pk"):
        assert row.seat
        line = row.seat.block.row
        listed = rows.setdefault(line.pk, {"label": line.label, "seats": [], "free": 0})
        status = "mine" if row.pk in mine else "free" if row.state == "held" and row.held_until and row.held_until <= now else row.state
        listed["free"] += status == "free"
        price = hold.price_of(row.zone) if hold else row.zone.price
        about = {"id": row.pk, "label": row.seat.label, "kind": row.seat.kind, "zone": row.zone}
        listed["seats"].append(about | {"price": price, "status": status})
    return list(rows.values())
