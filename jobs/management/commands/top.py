"""`manage.py top`: the installation in a terminal, live: queues, workers, rates, what runs, breakers that are open."""

import contextlib
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import IO, Any, cast

import redis
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, close_old_connections
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from jobs.queries import activity, health, standing

WINDOW = activity.Window(timedelta(minutes=5), timedelta(minutes=1))
QUIT, UP, DOWN = "q", "up", "down"
KEYS = {b"q": QUIT, b"Q": QUIT, b"\x03": QUIT, b"\x1b[A": UP, b"k": UP, b"\x1b[B": DOWN, b"j": DOWN}
# Rows that are not running jobs: titles, queues, rates. The rest of the screen is theirs.
OTHERS = 22


class Command(BaseCommand):
    help = "Queues, workers, rates and running jobs, live. q leaves, the arrows scroll; --once prints one picture."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Print one picture and leave, for scripts.")
        parser.add_argument("--every", type=float, default=2.0, help="Seconds between two pictures (2).")

    def handle(self, *args: Any, once: bool, every: float, **options: Any) -> None:
        if every <= 0:
            raise CommandError("--every is a number of seconds above zero.")
        console = Console(file=cast(IO[str], self.stdout), width=120 if once else None)
        if once:
            console.print(picture(0, 1000))
        elif not sys.stdin.isatty():
            raise CommandError("There is no terminal to draw on; use --once.")
        else:
            with contextlib.suppress(KeyboardInterrupt):
                self._live(Console(), every)

    def _live(self, console: Console, every: float) -> None:
        at = 0
        with _keyboard() as pressed, Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                live.update(_picture_or_fault(at, console.height - OTHERS), refresh=True)
                key = pressed(every)
                if key == QUIT:
                    return
                at = max(0, at + {UP: -1, DOWN: 1}.get(key, 0))


@contextlib.contextmanager
def _keyboard() -> Iterator[Any]:
    """Keys as they are pressed; the terminal is as before afterwards."""
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    tty.setcbreak(fd)

    def pressed(patience: float) -> str:
        ready, _, _ = select.select([fd], [], [], patience)
        return KEYS.get(os.read(fd, 8), "") if ready else ""

    try:
        yield pressed
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _picture_or_fault(at: int, rows: int) -> RenderableType:
    """The screen stays while a store is away."""
    try:
        close_old_connections()
        return picture(at, rows)
    except (redis.RedisError, Error) as error:
        return Text(f"No figures: {error}", style="bold red")


def picture(at: int, rows: int) -> RenderableType:
    """All of it; of the running jobs those from `at` on, as many as there are rows."""
    workers = activity.workers()
    return Group(_head(workers), _queues(), _workers(workers), _running(workers, at, max(3, rows)))


def _head(workers: list[activity.WorkerView]) -> Text:
    seen = activity.activity(WINDOW)
    per_second = {what: seen.counts.get(what, 0) / WINDOW.length.total_seconds() for what in ("started", "succeeded", "retrying", "dead")}
    text = Text.assemble((f"Conveyor  {datetime.now(UTC):%H:%M:%S} UTC", "bold"), f"   {len(workers)} workers   last 5 min: ")
    text.append("  ".join(f"{what} {rate:.1f}/s" for what, rate in per_second.items()))
    text.append(f"   recorder {health.lag().total_seconds():.1f} s behind")
    away = [view.name for view in standing.all_breakers() if view.state != "closed"]
    text.append(f"\nBreakers open: {', '.join(away)}" if away else "\nNo breaker is open", style="bold red" if away else "dim")
    return text


def _queues() -> Table:
    table = _table("queue", "ready", "oldest", "state", "workers")
    for queue in activity.queues():
        state = "paused" if queue.paused else "no worker!" if queue.unserved else "open"
        oldest = _seconds(queue.oldest.total_seconds()) if queue.oldest else ""
        table.add_row(queue.name, f"{queue.depth:,}", oldest, state, str(len(queue.workers)))
    return table


def _workers(workers: list[activity.WorkerView]) -> Table:
    table = _table("worker", "pool", "busy", "performed", "memory", "queues")
    for worker in workers:
        about = worker.about
        busy = f"{len(about.get('running', []))}/{about.get('processes', '?')}"
        memory = f"{about.get('memory', 0) / 1e6:.0f} MB"
        table.add_row(
            worker.name, about.get("pool", ""), busy, f"{about.get('performed', 0):,}", memory, ", ".join(worker.queues) or "quiet"
        )
    return table


def _running(workers: list[activity.WorkerView], at: int, rows: int) -> Table:
    jobs = [(job.get("since") or 0, job, worker.name) for worker in workers for job in worker.about.get("running", [])]
    jobs.sort(key=lambda entry: entry[0])
    table = _table(f"running ({len(jobs)})", "type", "for", "worker")
    for since, job, worker in jobs[at : at + rows]:
        table.add_row(str(job["id"]), str(job["type"]), _seconds(time.time() - since) if since else "", worker)
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, expand=True, header_style="bold", padding=(0, 1), pad_edge=False)
    for name in names:
        table.add_column(
            name, justify="right" if name in ("ready", "oldest", "performed", "memory", "busy", "for") else "left", no_wrap=True
        )
    return table


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else str(timedelta(seconds=round(seconds)))
