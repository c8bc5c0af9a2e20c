"""What the installation does: rates, waits and runs by minute, queues, workers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min, Q, Sum
from django.utils import timezone

from jobs.core.job_type import QUEUES
from jobs.core.states import State
from jobs.core.tally import quantile
from jobs.infra import alive, broker
from jobs.models import Job, Tally


@dataclass(frozen=True, slots=True)
class Window:
    """How far back, in steps of which length: as fine as the history is at that age (services.history)."""

    length: timedelta
    step: timedelta


WINDOWS = {
    "1h": Window(timedelta(hours=1), timedelta(minutes=1)),
    "6h": Window(timedelta(hours=6), timedelta(minutes=5)),
    "24h": Window(timedelta(hours=24), timedelta(hours=1)),
    "7d": Window(timedelta(days=7), timedelta(hours=3)),
    "30d": Window(timedelta(days=30), timedelta(days=1)),
}
Quantiles = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Point:
    """One step: how many attempts succeeded and failed, and the p95 of wait and run in seconds; None of nothing."""

    at: datetime
    succeeded: int
    failed: int
    wait: float | None
    run: float | None


@dataclass(frozen=True, slots=True)
class Activity:
    """Over a window: counts by outcome, quantiles of wait and run in seconds (p50, p95, p99; None of nothing), a series."""

    counts: dict[str, int]
    wait: Quantiles
    run: Quantiles
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


BINNED = """
SELECT date_bin(%s::interval, minute, %s) AS at, what, bucket, sum(count)::bigint FROM jobs_tally WHERE minute >= %s GROUP BY 1, 2, 3"""
SAMPLED = """
SELECT date_bin(%s::interval, minute, %s) AS at, what, queue, max(value) FROM jobs_sample WHERE minute >= %s GROUP BY 1, 2, 3"""
# Steps begin at full minutes, hours and days.
ORIGIN = datetime(2020, 1, 1, tzinfo=UTC)


def activity(window: Window) -> Activity:
    steps = _steps(window)
    by_step: dict[datetime, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    whole: dict[str, Counter[int]] = defaultdict(Counter)
    for at, what, bucket, n in _read(BINNED, window, steps):
        by_step[at][what][bucket] += n
        whole[what][bucket] += n
    counts = {what: buckets.total() for what, buckets in whole.items()}
    return Activity(counts, _quantiles(whole["started"]), _quantiles(whole["succeeded"]), [_point(at, by_step[at]) for at in steps])


def _steps(window: Window) -> list[datetime]:
    last = ORIGIN + (timezone.now() - ORIGIN) // window.step * window.step
    count = window.length // window.step
    return [last - window.step * back for back in range(count - 1, -1, -1)]


def _read(statement: str, window: Window, steps: Sequence[datetime]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [f"{window.step.total_seconds()} seconds", ORIGIN, steps[0]])
        return list(cursor.fetchall())


def _point(at: datetime, counted: dict[str, Counter[int]]) -> Point:
    failed = counted["retrying"].total() + counted["dead"].total()
    return Point(at, counted["succeeded"].total(), failed, quantile(counted["started"], 0.95), quantile(counted["succeeded"], 0.95))


def _quantiles(counts: Counter[int]) -> Quantiles:
    return {f"p{share}": quantile(counts, share / 100) for share in (50, 95, 99)}


@dataclass(frozen=True, slots=True)
class History:
    """What was sampled, by step: depth and oldest age (seconds) of each queue, and the share of slots that were busy."""

    at: list[datetime]
    depth: dict[str, list[float | None]]
    oldest: dict[str, list[float | None]]
    use: list[float | None]


def history(window: Window) -> History:
    steps = _steps(window)
    found: dict[tuple[str, str], dict[datetime, float]] = defaultdict(dict)
    for at, what, queue, value in _read(SAMPLED, window, steps):
        found[what, queue][at] = value
    busy, slots = found["busy", ""], found["slots", ""]
    use = [busy.get(at, 0.0) / slots[at] if slots.get(at) else None for at in steps]
    return History(steps, _lines(found, "depth", steps), _lines(found, "oldest", steps), use)


def _lines(
    found: Mapping[tuple[str, str], Mapping[datetime, float]], what: str, steps: Sequence[datetime]
) -> dict[str, list[float | None]]:
    return {queue: [found[what, queue].get(at) for at in steps] for queue in QUEUES if (what, queue) in found}


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast the jobs that may fail are used up: 1 is just as fast as allowed. `left` is the share of 30 days that is left."""

    rates: dict[str, float]
    left: float


# In one pass over the tallies: the longest length holds the others.
BURNED = {"1h": timedelta(hours=1), "6h": timedelta(hours=6), "30d": timedelta(days=30)}


def burn(target: float) -> Burn:
    """Against the share of jobs that is to succeed."""
    now, allowed = timezone.now(), max(1 - target, 1e-9)
    rows = Tally.objects.filter(minute__gte=now - BURNED["30d"], what__in=["succeeded", "dead"]).order_by().values("what")
    sums = {name: Sum("count", filter=Q(minute__gte=now - length), default=0) for name, length in BURNED.items()}
    counts = {row["what"]: row for row in rows.annotate(**{f"in_{name}": sum for name, sum in sums.items()})}
    shares = {name: _dead_share(counts, f"in_{name}") for name in BURNED}
    return Burn({name: shares[name] / allowed for name in ("1h", "6h")}, max(0.0, 1 - shares["30d"] / allowed))


def _dead_share(counts: Mapping[str, Mapping[str, Any]], name: str) -> float:
    ended = sum(row[name] for row in counts.values())
    return counts["dead"][name] / ended if ended and "dead" in counts else 0.0


def use(there: Iterable[WorkerView]) -> tuple[int, int]:
    """How many slots of these workers are busy, and how many there are."""
    abouts = [worker.about for worker in there]
    return sum(len(about.get("running", [])) for about in abouts), sum(about.get("processes", 0) for about in abouts)


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
