"""`manage.py bench drain`: our paths and stock Celery, side by side in one run. It prints ratios; it asserts nothing."""

import contextlib
import logging
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import kombu.transport.redis
import psutil
import redis
from celery import Celery, current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from jobs.infra import broker, embedded, steps
from jobs.infra.redis import client
from jobs.infra.transport.keys import Keys
from jobs.models import Job
from jobs.services import submission
from jobs.services.submission import Order

NOTHING = "platform.nothing"
PATIENCE = 120.0
STOCK = """
from celery import Celery
app = Celery("stock", broker={url!r}, backend={backend!r})
app.conf.update(worker_prefetch_multiplier=4, task_acks_late=True, result_expires=600, broker_connection_retry_on_startup=True)
@app.task(name="bench.nothing", ignore_result={ignored!r})
def nothing(number):
    return number
"""
PLAIN = """
from celery import shared_task
@shared_task(name="bench.nothing", ignore_result=True)
def nothing(number):
    return number
"""
PATHS = {
    "full": "with claim, journal, recorder and PostgreSQL, against stock Celery with Redis results",
    "transport": "plain tasks without results, against the same on stock Celery",
}


@dataclass(frozen=True, slots=True)
class Pool:
    """How the workers run: `options` are Celery's."""

    name: str
    options: tuple[str, ...]
    workers: int = 1


POOLS = {
    "prefork": Pool("prefork -c 2", ("--pool", "prefork", "-c", "2")),
    "threads": Pool("threads -c 8", ("--pool", "threads", "-c", "8")),
    "solo": Pool("solo, 2 workers", ("--pool", "solo"), 2),
}


@dataclass(frozen=True, slots=True)
class Drained:
    per_second: float
    cpu_ms: float


class Command(BaseCommand):
    help = "Jobs per second through real workers: `drain` for throughput, `latency` for submit-to-start at a paced load."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["drain", "latency"])
        parser.add_argument("--jobs", type=int, default=3000)
        parser.add_argument("--rounds", type=int, default=3)
        parser.add_argument("--rate", type=int, default=50, help="Jobs per second of `latency`.")
        parser.add_argument("--path", choices=list(PATHS), action="append", help="Which way of `drain`; both by default.")
        parser.add_argument("--pool", choices=list(POOLS), action="append")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        if settings.CONVEYOR_PREFIX == "" and Job.objects.open().exists():
            raise CommandError("There are open jobs here; run the benchmark on an installation of its own.")
        if what == "drain":
            for path in options["path"] or PATHS:
                self._drain(path, options["jobs"], options["rounds"], options["pool"] or list(POOLS))
        else:
            self._latency(options["jobs"], options["rate"])

    def _drain(self, path: str, jobs: int, rounds: int, pools: list[str]) -> None:
        table = Table("pool", "ours/s", "stock/s", "ratio", "ours ms CPU/job", "stock ms CPU/job")
        table.title = f"{jobs} jobs that do nothing, median of {rounds} rounds; {PATHS[path]}"
        ours = full if path == "full" else transport
        for name in pools:
            pairs = [(ours(POOLS[name], jobs), stock(POOLS[name], jobs, path == "transport")) for _ in range(rounds)]
            table.add_row(POOLS[name].name, *_medians(pairs))
        Console(file=cast(IO[str], self.stdout)).print(table)

    def _latency(self, jobs: int, rate: int) -> None:
        with _processes(_worker(POOLS["prefork"]), [["manage.py", "recorder"]]):
            _until_working()
            ids = _paced(jobs, rate)
            _until(lambda: not Job.objects.filter(pk__in=ids, finished_at=None).exists())
        moments = Job.objects.filter(pk__in=ids).values_list("submitted_at", "started_at")
        waits = sorted((started - submitted).total_seconds() * 1000 for submitted, started in moments if started)
        Job.objects.filter(type=NOTHING).delete()
        points = {f"p{p}": waits[min(len(waits) - 1, len(waits) * p // 100)] for p in (50, 95, 99)}
        words = "  ".join(f"{name} {value:.1f} ms" for name, value in points.items())
        self.stdout.write(f"submit to start, {jobs} jobs at {rate}/s: {words}")


def _medians(pairs: list[tuple[Drained, Drained]]) -> list[str]:
    def median(pick: Callable[[tuple[Drained, Drained]], float]) -> float:
        return statistics.median(map(pick, pairs))

    rates = [median(lambda p: p[0].per_second), median(lambda p: p[1].per_second)]
    ratio = median(lambda p: p[0].per_second / p[1].per_second)
    costs = [median(lambda p: p[0].cpu_ms), median(lambda p: p[1].cpu_ms)]
    return [f"{rates[0]:,.0f}", f"{rates[1]:,.0f}", f"{ratio:.2f}x", *(f"{cost:.2f}" for cost in costs)]


def full(pool: Pool, jobs: int) -> Drained:
    """Our full path: rows, messages, claim, report, journal, recorder; drained when every row tells its end."""
    made = submission.submit_many([Order(NOTHING, {"number": n}) for n in range(jobs)])
    ids = [m.job.pk for m in made]
    try:
        with _processes(_worker(pool), [["manage.py", "recorder"]]) as workers:
            return _measure(workers, jobs, lambda: jobs - Job.objects.filter(pk__gte=ids[0], type=NOTHING, finished_at=None).count())
    finally:
        Job.objects.filter(type=NOTHING).delete()


def transport(pool: Pool, jobs: int) -> Drained:
    """Our transport and worker alone: a plain task that another Celery client might have sent."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bench_task.py").write_text(PLAIN)
        _publish(settings.REDIS_URL, jobs, "default", current_app.conf.broker_transport_options)
        commands = [[*command, "--include", "bench_task"] for command in _worker(pool)]
        with _processes(commands, [], path=folder) as workers:
            return _measure(workers, jobs, lambda: jobs - broker.depths(["default"])["default"] - _pending())


def _pending() -> int:
    names = client().scan_iter(match=Keys(settings.CONVEYOR_PREFIX).pending("*"))
    return sum(int(client().hlen(name)) for name in names)


def stock(pool: Pool, jobs: int, ignored: bool) -> Drained:
    """Celery as it comes, on a server of its own; with its Redis result backend, or with results ignored."""
    with tempfile.TemporaryDirectory() as folder, embedded.valkey(Path(folder) / "valkey") as url:
        backend = None if ignored else url
        (Path(folder) / "stock_app.py").write_text(STOCK.format(url=url, backend=backend, ignored=ignored))
        _publish(url, jobs, "celery", {})
        command = ["-m", "celery", "-A", "stock_app", "worker", "--without-gossip", "--without-mingle", "-l", "error", *pool.options]
        server = redis.Redis.from_url(url)
        with _processes([[*command, "-n", f"stock{n}@%h"] for n in range(pool.workers)], [], cwd=folder) as workers:
            return _measure(workers, jobs, lambda: jobs - server.llen("celery") - server.hlen("unacked"))


def _publish(url: str, jobs: int, queue: str, options: dict[str, Any]) -> None:
    app = Celery("producer", broker=url, set_as_current=False)
    app.conf.update(task_default_queue=queue, broker_transport_options=options)
    if queue == "celery":
        app.conf.broker_transport = f"{kombu.transport.redis.Transport.__module__}:Transport"
    with app.producer_pool.acquire(block=True) as producer:
        for number in range(jobs):
            app.send_task("bench.nothing", (number,), producer=producer, ignore_result=True)


def _worker(pool: Pool) -> list[list[str]]:
    command = ["-m", "celery", "-A", "config", "worker", "--queues", "default", "--without-gossip", "--without-mingle"]
    return [[*command, "-l", "error", *pool.options, "-n", f"ours{n}@%h"] for n in range(pool.workers)]


@contextlib.contextmanager
def _processes(workers: list[list[str]], others: list[list[str]], cwd: str | None = None, path: str = "") -> Iterator[list[psutil.Process]]:
    # Nobody reads what a benchmark's jobs say of their steps.
    logging.getLogger(steps.NAME).setLevel(logging.WARNING)
    environment = (
        {"LOG_LEVEL": "WARNING"} | os.environ | ({"DJANGO_SETTINGS_MODULE": ""} if cwd else {}) | ({"PYTHONPATH": path} if path else {})
    )
    started = [
        subprocess.Popen(
            [sys.executable, *c],
            cwd=cwd,
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            preexec_fn=embedded.end_with_parent,
        )
        for c in (*workers, *others)
    ]
    try:
        yield [psutil.Process(process.pid) for process in started[: len(workers)]]
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(30)


def _measure(workers: list[psutil.Process], jobs: int, done: Callable[[], int]) -> Drained:
    """The rate from a tenth to the end, so that starting processes does not count."""
    _until(lambda: done() >= jobs // 10)
    first, began, before = done(), time.monotonic(), _cpu(workers)
    if first == jobs:
        raise CommandError("All was done before it could be measured: give it more --jobs.")
    _until(lambda: done() >= jobs)
    took, worked = time.monotonic() - began, _cpu(workers) - before
    return Drained((jobs - first) / took, worked * 1000 / (jobs - first))


def _cpu(processes: list[psutil.Process]) -> float:
    family = [p for parent in processes for p in (parent, *parent.children(recursive=True))]
    return sum(sum(p.cpu_times()[:2]) for p in family)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise CommandError("The jobs did not end in time; is another process using these servers?")
        time.sleep(0.05)


def _until_working() -> None:
    """The first job waits for the worker to boot; it does not count."""
    first = submission.submit(Order(NOTHING, {})).job
    _until(lambda: Job.objects.filter(pk=first.pk, finished_at__isnull=False).exists())


def _paced(jobs: int, rate: int) -> list[Any]:
    began, ids = time.monotonic(), []
    for number in range(jobs):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        ids.append(submission.submit(Order(NOTHING, {"number": number})).job.pk)
    return ids
