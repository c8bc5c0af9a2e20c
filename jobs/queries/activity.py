"""What the installation does: rates, waits and runs by minute, queues, workers."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Sum
from django.utils import timezone

from jobs.core.job_type import QUEUES
from jobs.core.states import State
from jobs.core.tally import quantile
from jobs.infra import alive, broker
from jobs.models import Job, Tally

WINDOWS = {f"{n}h": timedelta(hours=n) for n in (1, 6, 24)} | {f"{n}d": timedelta(days=n) for n in (7, 30)}
POINTS = 60


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    succeeded: int
    failed: int


@dataclass(frozen=True, slots=True)
class Activity:
    """Over a window: counts by outcome, quantiles of wait and run in seconds (p50, p95, p99; None of nothing), a series."""

    counts: dict[str, int]
    wait: dict[str, float | None]
    run: dict[str, float | None]
    series: list[Point]

    @property
    def error_rate(self) -> float:
        """The share of attempts that failed."""
        failed = self.counts.get("retrying", 0) + self.counts.get("dead", 0)
        ended = failed + self.counts.get("succeeded", 0)
        return failed / ended if ended else 0.0


@dataclass(frozen=True, slots=True)
class QueueView:
    name: str
    depth: int
    oldest: timedelta | None
    paused: dict[str, Any] | None
    workers: list[str]

    @property
    def unserved(self) -> bool:
        """Jobs wait, and no worker serves the queue."""
        return self.depth > 0 and not self.workers and self.name != broker.DEAD_LETTER


@dataclass(frozen=True, slots=True)
class WorkerView:
    name: str
    about: dict[str, Any]

    @property
    def queues(self) -> list[str]:
        return list(self.about.get("queues", []))


def activity(window: timedelta) -> Activity:
    since = timezone.now() - window
    rows = list(Tally.objects.filter(minute__gte=since).values_list("minute", "what", "bucket").annotate(n=Sum("count")))
    counts: Counter[str] = Counter()
    buckets: dict[str, Counter[int]] = defaultdict(Counter)
    for _, what, bucket, n in rows:
        counts[what] += n
        buckets[what][bucket] += n
    return Activity(dict(counts), _quantiles(buckets["started"]), _quantiles(buckets["succeeded"]), _series(rows, since, window))


def _quantiles(counts: Counter[int]) -> dict[str, float | None]:
    return {f"p{share}": quantile(counts, share / 100) for share in (50, 95, 99)}


def _series(rows: Iterable[Any], since: datetime, window: timedelta) -> list[Point]:
    step = window / POINTS
    good, bad = Counter[int](), Counter[int]()
    for minute, what, _, n in rows:
        place = min(POINTS - 1, max(0, int((minute - since) / step)))
        if what == "succeeded":
            good[place] += n
        elif what in ("retrying", "dead"):
            bad[place] += n
    return [Point(since + step * place, good[place], bad[place]) for place in range(POINTS)]


def workers() -> list[WorkerView]:
    """The workers that have been there lately, by name."""
    names = sorted(alive.lately(alive.WORKER))
    return [WorkerView(name, about) for name, about in zip(names, alive.about(alive.WORKER, names), strict=True)]


def serving() -> dict[str, list[str]]:
    """Which workers serve a queue, by queue."""
    found: dict[str, list[str]] = defaultdict(list)
    for worker in workers():
        for queue in worker.queues:
            found[queue].append(worker.name)
    return found


def queues() -> list[QueueView]:
    served, held, names = serving(), broker.paused(), [*QUEUES, broker.DEAD_LETTER]
    waiting = Job.objects.filter(state=State.QUEUED).values_list("queue").annotate(oldest=Min("queued_at"))
    oldest = {queue: timezone.now() - at for queue, at in waiting if at}
    depths = broker.depths(names)
    return [QueueView(n, depths[n], oldest.get(n) if depths[n] else None, held.get(n), served[n]) for n in names]
