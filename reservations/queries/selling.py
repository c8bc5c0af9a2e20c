"""How a show sells, for those who sell it: figures, days, holds, and what is kept from sale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from reservations.models import Hold, Show, ShowSeat, Ticket
from reservations.queries import seating
from stock.queries import catalogue

WIDTH, HEIGHT, GAP = 640.0, 150.0, 2.0
LONGEST = 60
VALID = Q(cancelled_at=None)


@dataclass(frozen=True, slots=True)
class Sales:
    seats: int = 0
    sold: int = 0
    held: int = 0
    blocked: int = 0
    revenue: Decimal = Decimal(0)

    @property
    def free(self) -> int:
        return self.seats - self.sold - self.held - self.blocked

    @property
    def percent(self) -> int:
        return 100 * self.sold // self.seats if self.seats else 0


def with_sales(shows: Sequence[Show]) -> list[tuple[Show, Sales]]:
    """Each show with its figures, two questions for all."""
    running = Q(state="held", held_until__gt=timezone.now())
    counts = ShowSeat.objects.filter(show__in=shows).order_by().values("show")
    found = {
        row["show"]: row
        for row in counts.annotate(
            seats=Count("pk"),
            sold=Count("pk", filter=Q(state="booked")),
            held=Count("pk", filter=running),
            blocked=Count("pk", filter=Q(state="blocked")),
        )
    }
    taken = Ticket.objects.filter(VALID, booking__show__in=shows).order_by().values("booking__show").annotate(sum=Sum("price"))
    money = {row["booking__show"]: row["sum"] for row in taken}
    return [(show, _sales(found.get(show.pk), money.get(show.pk))) for show in shows]


def _sales(row: Mapping[str, Any] | None, money: Decimal | None) -> Sales:
    if row is None:
        return Sales()
    return Sales(row["seats"], row["sold"], row["held"], row["blocked"], money or Decimal(0))


@dataclass(frozen=True, slots=True)
class Day:
    """A column of the chart: `x` and `height` in units of its view box."""

    on: date
    tickets: int
    revenue: Decimal
    x: float
    width: float
    height: float

    @property
    def y(self) -> float:
        return HEIGHT - self.height


@dataclass(frozen=True, slots=True)
class Chart:
    days: list[Day]
    highest: int
    box: str = f"0 0 {WIDTH:g} {HEIGHT:g}"


def by_day(show: Show) -> Chart:
    """Valid tickets by the day of their sale, every day from the first to today, at most the last sixty."""
    sold = Ticket.objects.filter(VALID, booking__show=show).order_by().annotate(on=TruncDate("issued_at")).values("on")
    found = {row["on"]: row for row in sold.annotate(tickets=Count("pk"), revenue=Sum("price"))}
    if not found:
        return Chart([], 0)
    today = timezone.now().date()
    first = max(min(found), today - timedelta(days=LONGEST - 1))
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    highest = max((found[day]["tickets"] for day in days if day in found), default=0)
    step = min(WIDTH / len(days), WIDTH / 12)
    return Chart([_day(day, found.get(day), n * step, step - GAP, highest) for n, day in enumerate(days)], highest)


def _day(on: date, row: Mapping[str, Any] | None, x: float, width: float, highest: int) -> Day:
    tickets, revenue = (row["tickets"], row["revenue"]) if row else (0, Decimal(0))
    return Day(on, tickets, revenue, round(x, 2), round(width, 2), round(HEIGHT * tickets / (highest or 1), 2))


def holds(show: Show) -> list[dict[str, Any]]:
    """The holds that run, the one that ends first first."""
    running = Hold.objects.filter(show=show, state=Hold.State.ACTIVE, expires_at__gt=timezone.now()).select_related("owner")
    rows = list(running.order_by("expires_at")[:200])
    words = {seat["id"]: seat for seat in seating.of_seats([seat for row in rows for seat in row.seat_ids])}
    return [{"hold": row, "seats": [words[i] for i in row.seat_ids if i in words]} for row in rows]


def products(show: Show) -> Any:
    """What of stock may be offered with a show."""
    return catalogue.of(show.tenant).exclude(pk__in=show.extras.filter(offered=True).values("product")).order_by("name")[:500]


def blocked(show: Show) -> list[dict[str, Any]]:
    """What is kept from sale, by the reason."""
    kept = ShowSeat.objects.filter(show=show, state=ShowSeat.State.BLOCKED).order_by("reason", "pk")
    by_reason: dict[str, list[int]] = {}
    for reason, seat in kept.values_list("reason", "pk"):
        by_reason.setdefault(reason or "no reason given", []).append(seat)
    return [{"reason": reason, "ids": ids, "seats": seating.of_seats(ids[:60]), "more": len(ids[60:])} for reason, ids in by_reason.items()]
