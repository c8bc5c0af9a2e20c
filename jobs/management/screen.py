"""What `manage.py top` shows: the whole installation on one screen of a terminal, whatever its size."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from jobs.queries import activity, health, standing
from jobs.queries.activity import QueueView, WorkerView

WINDOW = activity.Window(timedelta(minutes=5), timedelta(minutes=1))
RATES = ("started", "succeeded", "retrying", "dead")
NUMBERS = frozenset(("ready", "oldest", "performed", "memory", "busy", "for", "workers"))
HELP = "q quits, the arrows scroll"
# Lines beside those of queues, workers and jobs: three titles, and the last one. The head takes as many as it needs.
TITLES = 4


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that is on the screen, asked for at one moment."""

    activity: activity.Activity
    lag: timedelta
    queues: Sequence[QueueView]
    workers: Sequence[WorkerView]
    away: Sequence[str]
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def running(self) -> list[tuple[dict[str, Any], str]]:
        """The jobs that run, and where; what runs longest comes first."""
        found = [(job, worker.name) for worker in self.workers for job in worker.about.get("running", [])]
        return sorted(found, key=lambda pair: pair[0].get("since") or 0)


def ask() -> Figures:
    """Raises RedisError, or Django's Error."""
    away = [view.name for view in standing.all_breakers() if view.state != "closed"]
    return Figures(activity.activity(WINDOW), health.lag(), activity.queues(), activity.workers(), away)


def picture(figures: Figures, place: int, columns: int, lines: int) -> RenderableType:
    """The screen; of the running jobs those from `place` on, as many as fit."""
    head = _head(figures, columns)
    left = lines - len(head.plain.splitlines()) - len(figures.queues) - TITLES
    workers = min(len(figures.workers), max(3, left // 2))
    return Group(
        head,
        _queues(figures.queues),
        _workers(figures.workers, workers),
        _running(figures, place, max(1, left - workers)),
        Text(HELP, style="dim", no_wrap=True),
    )


def fault(error: Exception) -> Text:
    """What is shown while a store is away."""
    why = Text(f"No figures at {datetime.now(UTC):%H:%M:%S} UTC: {error}", style="bold red")
    return Text("\n").join([why, Text(f"It is tried again all the time. {HELP}", style="dim")])


def _head(figures: Figures, columns: int) -> Text:
    rates = [f"{what} {figures.activity.counts.get(what, 0) / WINDOW.length.total_seconds():.1f}/s" for what in RATES]
    parts = [Text(f"Conveyor  {figures.at:%H:%M:%S} UTC", style="bold"), *map(Text, ["last 5 min:", *rates])]
    parts.append(Text(f"recorder {figures.lag.total_seconds():.1f} s behind"))
    breakers = f"Breakers open: {', '.join(figures.away)}" if figures.away else "No breaker is open"
    return Text("\n").join([*_wrapped(parts, columns), Text(breakers, style="bold red" if figures.away else "dim")])


def _wrapped(parts: Sequence[Text], columns: int) -> list[Text]:
    """As many parts in a line as fit, none torn; one that is longer than a line is cut."""
    lines = [Text()]
    for part in parts:
        if lines[-1] and len(lines[-1]) + 2 + len(part) > columns:
            lines.append(Text())
        lines[-1] = Text("  ").join([lines[-1], part]) if lines[-1] else part.copy()
    for line in lines:
        line.truncate(columns, overflow="ellipsis")
    return lines


def _queues(queues: Sequence[QueueView]) -> Table:
    table = _table("queue", "ready", "oldest", "workers", "state", wide={"state": 1})
    for queue in queues:
        state = Text("paused", "yellow") if queue.paused else Text("no worker!", "bold red") if queue.unserved else Text("open")
        oldest = _seconds(queue.oldest.total_seconds()) if queue.oldest else ""
        table.add_row(queue.name, f"{queue.depth:,}", oldest, str(len(queue.workers)), state)
    return table


def _workers(workers: Sequence[WorkerView], most: int) -> Table:
    name = "worker" if most == len(workers) else f"worker (the first {most} of {len(workers)})"
    table = _table(name, "pool", "busy", "performed", "memory", "queues", wide={name: 3, "queues": 2})
    for worker in workers[:most]:
        about = worker.about
        busy, memory = f"{len(about.get('running', []))}/{about.get('processes', '?')}", f"{about.get('memory', 0) / 1e6:.0f} MB"
        row = (worker.name, about.get("pool", ""), busy, f"{about.get('performed', 0):,}", memory)
        table.add_row(*row, ", ".join(worker.queues) or "quiet")
    return table


def _running(figures: Figures, place: int, most: int) -> Table:
    jobs = figures.running
    shown = jobs[place : place + most]
    name = f"running ({len(jobs)})" if len(shown) == len(jobs) else f"running ({place + 1} to {place + len(shown)} of {len(jobs)})"
    table = _table(name, "for", "type", "worker", wide={name: 4, "type": 3, "worker": 3})
    for job, worker in shown:
        since = job.get("since")
        table.add_row(str(job["id"]), _seconds(time.time() - since) if since else "", str(job["type"]), worker)
    return table


def _table(*names: str, wide: dict[str, int]) -> Table:
    """`wide`: the columns that share what the others leave, and give way on a narrow screen."""
    table = Table(box=None, expand=True, header_style="bold", padding=(0, 1), pad_edge=False)
    for name in names:
        justify = "right" if name in NUMBERS else "left"
        table.add_column(name, justify=justify, no_wrap=True, overflow="ellipsis", ratio=wide.get(name))  # type: ignore[arg-type]
    return table


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else str(timedelta(seconds=round(seconds)))
