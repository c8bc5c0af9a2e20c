"""How many slots a queue needs, by Little's law, and when a pool may change: plain rules, so that a dry run explains them."""

import math
from dataclasses import dataclass
from datetime import timedelta

# A pool that is always busy makes everybody wait (queueing theory: the wait grows with 1 / (1 - use)).
USE = 0.8


@dataclass(frozen=True, slots=True)
class Demand:
    """Of one queue. Rates are jobs per second; `expected` is the rate at this hour on past days; `run` seconds a job takes."""

    queue: str
    rate: float
    expected: float
    run: float
    backlog: int


@dataclass(frozen=True, slots=True)
class Need:
    """So many slots, and why."""

    queue: str
    slots: int
    because: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one worker's pool."""

    least: int = 1
    most: int = 8


@dataclass(frozen=True, slots=True)
class Change:
    """Of one worker's pool: by so many slots, or by none; and why."""

    worker: str
    slots: int
    by: int
    because: str


def need(demand: Demand, target_wait: timedelta) -> Need:
    """Slots = arrivals per second x seconds each (Little 1961, L = λW) / use, and what clears the backlog within the target wait."""
    rate = max(demand.rate, demand.expected)
    steady = rate * demand.run / USE
    backlog = demand.backlog * demand.run / target_wait.total_seconds()
    slots = math.ceil(round(steady + backlog, 6))
    source = "seen now" if demand.rate >= demand.expected else "of this hour on past days"
    because = (
        f"{rate:.2f} jobs/s {source} x {demand.run:.2f} s each / {USE} use = {steady:.2f}; {demand.backlog} waiting: {backlog:.2f} more"
    )
    return Need(demand.queue, slots, because)


def share(needs: dict[str, int], serving: dict[str, list[str]]) -> dict[str, int]:
    """Slots of each worker: each queue's are shared evenly among the workers that serve it, rounded up."""
    exact: dict[str, float] = {}
    for queue, slots in needs.items():
        for worker in serving.get(queue, []):
            exact[worker] = exact.get(worker, 0.0) + slots / len(serving[queue])
    return {worker: math.ceil(round(slots, 6)) for worker, slots in exact.items()}


def change(worker: str, slots: int, wanted: int, limits: Limits, calm_for: timedelta, cooldown: timedelta) -> Change:
    """Growing is at once, and at most to twice the size; shrinking is by one, after the need has been lower for the cooldown."""
    goal = max(limits.least, min(limits.most, wanted))
    bound = f", within {limits.least} to {limits.most}" if goal != wanted else ""
    if goal > slots:
        by = min(goal - slots, max(1, slots))
        return Change(worker, slots, by, f"needs {wanted}{bound}, has {slots}")
    if goal == slots:
        return Change(worker, slots, 0, f"has the {slots} it needs{bound}")
    if calm_for < cooldown:
        left = (cooldown - calm_for).total_seconds()
        return Change(worker, slots, 0, f"needs {wanted}{bound}, has {slots}; shrinks when that is so for {left:.0f} s more")
    return Change(worker, slots, -1, f"has needed {wanted}{bound} for {calm_for.total_seconds():.0f} s, has {slots}")
