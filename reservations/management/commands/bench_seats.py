"""`manage.py bench_seats`: how many parties a worker seats in a second, beside two ways that others go. It asserts nothing."""

import random
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from jobs.models import Tenant
from reservations.core import generator
from reservations.core.picker import Want
from reservations.models import Hold, Show, ShowSeat, Venue, Zone
from reservations.services import holding, seat_maps, shows
from reservations.services.answers import Held

ROWS, ROW = 40, 50
Seat = Callable[[int, Sequence[int]], int]


class Command(BaseCommand):
    help = (
        "Seat parties of 1 to 6 in a hall of 2,000 until it is full, by batches as our worker does, by a lock for each show and by a "
        "statement for each seat. Leaves a tenant `bench-...` behind: use an installation of its own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rounds", type=int, default=3)
        parser.add_argument("--threads", type=int, default=4, help="For the two other ways: at most so many requests at once.")

    def handle(self, *args: Any, rounds: int, threads: int, **options: Any) -> None:
        self.tenant = Tenant.objects.create(slug=f"bench-{uuid.uuid4().hex[:12]}", name="Benchmark")
        venue = Venue.objects.create(tenant=self.tenant, name="Bench")
        self.map = seat_maps.create(venue, generator.straight("Hall", ROWS, ROW, aisles_after=(16, 34)))
        rates: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, rate in self._round(threads):
                rates.setdefault(name, []).append(rate)
        self._print(rounds, rates)

    def _round(self, threads: int) -> list[tuple[str, float]]:
        ways: list[tuple[str, Seat, int, int]] = []
        for count in sorted({1, threads}):
            ways += [
                (f"lock for each show, {_s(count)}", locking, 1, count),
                (f"statement for each seat, {_s(count)}", seat_by_seat, 1, count),
            ]
        ways += [(f"batches of {size}, 1 worker", batched, size, 1) for size in (1, 16, 64)]
        return [(name, self._rate(way, size, count)) for name, way, size, count in ways]

    def _rate(self, way: Seat, size: int, threads: int) -> float:
        """Parties seated in a second, from an empty hall to a full one."""
        show = self._show()
        dice = random.Random(5)
        parties = [dice.randint(1, 6) for _ in range(ROWS * ROW // 3)]
        batches = [parties[n : n + size] for n in range(0, len(parties), size)]
        seated = 0
        guard = threading.Lock()

        def work(batch: Sequence[int]) -> None:
            nonlocal seated
            done = way(show.pk, batch)
            with guard:
                seated += done

        start = time.perf_counter()
        if threads == 1:
            for batch in batches:
                work(batch)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(work, batches))
                list(pool.map(lambda _: connection.close(), range(threads)))
        return seated / (time.perf_counter() - start)

    def _show(self) -> Show:
        now = timezone.now()
        times = {"starts_at": now + timedelta(days=9), "ends_at": now + timedelta(days=9, hours=2)}
        sale = {"on_sale_from": now - timedelta(days=1), "on_sale_until": now + timedelta(days=9), "limit_per_buyer": 100}
        show = shows.create(self.tenant, self.map, [Zone(name="All", price="30.00")], name="Bench", **times | sale)
        shows.publish(show)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE reservations_showseat")
        return show

    def _print(self, rounds: int, rates: dict[str, list[float]]) -> None:
        table = Table("how", "parties/s", "ours is", title=f"Parties of 1 to 6 in a hall of {ROWS * ROW}, median of {rounds} rounds")
        ours = max(statistics.median(measured) for name, measured in rates.items() if name.startswith("batches"))
        for name, measured in rates.items():
            rate = statistics.median(measured)
            table.add_row(name, f"{rate:,.0f}", f"{ours / rate:.1f}x")
        Console(file=cast(IO[str], self.stdout), width=100).print(table)


def _s(count: int) -> str:
    return f"{count} worker" + ("" if count == 1 else "s")


def batched(show_id: int, parties: Sequence[int]) -> int:
    """Ours: the requests of a batch under one lock, picked in memory, written together."""
    asked = [holding.Request(uuid.uuid4().hex, f"key:{uuid.uuid4().hex[:8]}", best=Want(size)) for size in parties]
    return sum(isinstance(answer, Held) for answer in holding.hold(show_id, asked))


def locking(show_id: int, parties: Sequence[int]) -> int:
    """As box offices do that lock the event for every cart: lock, look at what is free, write the seats one by one, commit."""
    return sum(_under_lock(show_id, size) for size in parties)


@transaction.atomic
def _under_lock(show_id: int, size: int) -> bool:
    show = Show.objects.select_for_update().get(pk=show_id)
    hold = _hold(show)
    chosen = _adjacent(show_id, size)
    if not chosen:
        return False
    hold.seat_ids = chosen
    hold.save(force_insert=True)
    for row in ShowSeat.objects.filter(pk__in=chosen, state=ShowSeat.State.FREE):
        row.state, row.hold, row.held_until = ShowSeat.State.HELD, hold, hold.expires_at
        row.save(update_fields=["state", "hold", "held_until"])
    return True


def seat_by_seat(show_id: int, parties: Sequence[int]) -> int:
    """As those do that lock no event: look, then claim each seat by a statement of its own; whoever loses one starts again."""
    return sum(_claimed(show_id, size) for size in parties)


def _claimed(show_id: int, size: int) -> bool:
    while chosen := _adjacent(show_id, size):
        if _claim(show_id, chosen):
            return True
    return False


def _claim(show_id: int, chosen: Sequence[int]) -> bool:
    with transaction.atomic():
        hold = _hold(Show(pk=show_id, hold_for=timedelta(minutes=10), hold_ceiling=timedelta(minutes=30)))
        hold.seat_ids = list(chosen)
        hold.save(force_insert=True)
        for seat in chosen:
            free = ShowSeat.objects.filter(pk=seat, state=ShowSeat.State.FREE)
            if not free.update(state=ShowSeat.State.HELD, hold=hold, held_until=hold.expires_at):
                transaction.set_rollback(True)
                return False
    return True


def _hold(show: Show) -> Hold:
    now = timezone.now()
    return Hold(
        show_id=show.pk, reference=uuid.uuid4().hex, buyer="bench", expires_at=now + show.hold_for, ceiling_at=now + show.hold_ceiling
    )


def _adjacent(show_id: int, size: int) -> list[int]:
    """The first free seats side by side; where there are none, the first free ones. Simpler than ours, and quicker for it."""
    free = ShowSeat.objects.filter(show=show_id, state=ShowSeat.State.FREE).order_by("pk")
    run: list[tuple[int, int, int]] = []
    rows = list(free.values_list("pk", "seat__block_id", "seat__place"))
    for row in rows:
        run = [*run, row] if run and (run[-1][1], run[-1][2] + 1) == row[1:] else [row]
        if len(run) == size:
            return [pk for pk, _, _ in run]
    return [pk for pk, _, _ in rows[:size]] if len(rows) >= size else []
