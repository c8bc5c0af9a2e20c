"""`manage.py bench_stock`: how fast one product is sold, through the queue and beside plain row locks. It asserts nothing but exactness.

`apply`: requests that one process applies in a second, in batches of several sizes. `drain`: a full queue through the real
worker, with a stopwatch around the applying. `storm`: clients over HTTP, the real web server, worker and recorder, with a
reader who watches the levels. It stands beside `manage.py bench`, which measures the platform and knows no application.
"""

import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from jobs.models import Job, Tenant
from stock.bench import clients, platform, row_lock, shelves, stopwatch
from stock.bench.reader import Reader
from stock.bench.shelves import Books, Shelves
from stock.checkout import Line, Reserve, reserve
from stock.models import Refusal, Reservation
from stock.services import reserving
from stock.services.allocation import Wanted
from stock.services.reserving import Request

TTL = timedelta(minutes=10)
WAYS = {"row locks": "stock.bench.row_lock_worker", "batches": "stock.bench.batches_worker"}


class Command(BaseCommand):
    help = (
        "Reserve single units of one product. Leaves tenants `bench-...` behind, for the ledger is final: use an installation of its own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["apply", "drain", "storm"], nargs="?", default="apply")
        parser.add_argument("--requests", type=int, default=5000, help="For the wanted product; a fifth as many units are there.")
        parser.add_argument("--rounds", type=int, default=3, help="Of `apply` and `drain`.")
        parser.add_argument("--clients", type=int, default=64, help="Of `storm`.")

    def handle(self, *args: Any, what: str, requests: int, rounds: int, clients: int, **options: Any) -> None:
        if what != "apply" and Job.objects.open().exists():
            raise CommandError("There are open jobs here; run the benchmark on an installation of its own.")
        if what == "apply":
            self._apply(requests, rounds)
        elif what == "drain":
            self._drain(requests, rounds)
        else:
            self._storm(requests, clients)

    def _apply(self, requests: int, rounds: int) -> None:
        ways: dict[str, tuple[int, Callable[[Sequence[Request]], object]]] = {"row locks": (1, row_lock.apply)}
        ways |= {f"batches of {size}": (size, reserving.apply) for size in (1, 8, 32, 64)}
        rates = {name: [_applied(requests, *way) for _ in range(rounds)] for name, way in ways.items()}
        self._ratios(f"{requests} requests for one product, one process, median of {rounds} rounds", rates)

    def _drain(self, requests: int, rounds: int) -> None:
        ends: dict[str, list[float]] = {}
        applied: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, include in WAYS.items():
                ends.setdefault(name, []).append(_drained(requests, include))
                applied.setdefault(name, []).append(stopwatch.rate())
        title = f"{requests} requests for one product waiting in the queue, the Procfile's worker, median of {rounds} rounds: "
        self._ratios(title + "applied in a second of applying, by one process", applied)
        self._ratios(title + "from queue to answer, with claims, reports and journal", ends)

    def _storm(self, requests: int, buyers: int) -> None:
        table = Table("how", "reserved", "refused", "requests/s", "p50", "p99", "reader's looks", "least seen")
        table.title = f"{requests} requests over HTTP for {requests // 5} units by {buyers} clients, beside {len(shelves.OTHERS)} products"
        for name, include in WAYS.items():
            table.add_row(name, *_stormed(requests, buyers, include))
        self._print(table)

    def _ratios(self, title: str, rates: dict[str, list[float]]) -> None:
        table = Table("how", "requests/s", "ratio", title=title)
        medians = {name: statistics.median(measured) for name, measured in rates.items()}
        for name, rate in medians.items():
            table.add_row(name, f"{rate:,.0f}", f"{rate / medians['row locks']:.1f}x")
        self._print(table)

    def _print(self, table: Table) -> None:
        Console(file=cast(IO[str], self.stdout), width=120).print(table)


def _applied(count: int, size: int, act: Callable[[Sequence[Request]], object]) -> float:
    """Requests per second in this process, four fifths of them refused."""
    there = shelves.fill(count // 5, 0)
    name = uuid.uuid4().hex
    requests = [Request(f"{name}:{n}", there.tenant.slug, [Wanted(shelves.HOT, 1)], TTL) for n in range(count)]
    start = time.perf_counter()
    for n in range(0, count, size):
        act(requests[n : n + size])
    return count / (time.perf_counter() - start)


def _drained(count: int, include: str) -> float:
    """Requests per second from a tenth to the end, so that starting the worker does not count."""
    there = shelves.fill(count // 5, 0)
    stopwatch.reset()
    reserve.submit_many([Reserve(lines=[Line(sku=shelves.HOT, quantity=1)])] * count, tenant=there.tenant)
    with platform.running(["worker", "recorder"], include=include):
        platform.until(lambda: _answered(there.tenant) >= count // 10)
        first, began = _answered(there.tenant), time.monotonic()
        platform.until(lambda: _answered(there.tenant) >= count)
        took = time.monotonic() - began
        platform.until(lambda: not Job.objects.open().filter(tenant=there.tenant).exists())
    _must_be_exact(shelves.books(there.tenant), count)
    return (count - first) / took


def _answered(tenant: Tenant) -> int:
    return Reservation.objects.filter(tenant=tenant).count() + Refusal.objects.filter(tenant=tenant).count()


def _stormed(count: int, buyers: int, include: str) -> list[str]:
    there = shelves.fill(count // 5, count)
    with platform.running(["web", "worker", "recorder"], include=include) as port:
        shop = clients.Shop(platform.HOST, port, there.secret)
        clients.storm(shop, shelves.OTHERS, buyers, "before")
        with Reader(there.tenant) as reader:
            began = time.monotonic()
            answers = clients.storm(shop, shelves.wishes(count, count // 5), buyers, "storm")
            took = time.monotonic() - began
        platform.until(lambda: not Job.objects.open().filter(tenant=there.tenant).exists())
    _must_be_exact(shelves.books(there.tenant), count)
    if reader.least < 0:
        raise CommandError(f"A reader saw {reader.least} units.")
    return _row(there, answers, took, reader)


def _row(there: Shelves, answers: list[clients.Answer], took: float, reader: Reader) -> list[str]:
    hot = [answer.word for answer in answers if answer.sku == shelves.HOT]
    waits = sorted(answer.seconds * 1000 for answer in answers)
    points = [f"{waits[min(len(waits) - 1, len(waits) * p // 100)]:,.0f} ms" for p in (50, 99)]
    told = [f"{hot.count(word):,}" for word in ("reserved", "out_of_stock")]
    return [*told, f"{len(answers) / took:,.0f}", *points, f"{reader.looks:,}", str(reader.least)]


def _must_be_exact(books: Books, count: int) -> None:
    units = count // 5
    if books != Books(reserved=units, refused=count - units, held=units, wrong=0):
        raise CommandError(f"Not exact: {books} for {units} units and {count} requests.")
