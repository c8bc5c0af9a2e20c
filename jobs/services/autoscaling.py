"""Pools that follow the need: each worker's grows and shrinks by what core.scaling says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from jobs.core.scaling import Change, Limits, Need, change, share
from jobs.infra import control
from jobs.services import audit

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pool:
    """A worker as it says it is."""

    worker: str
    slots: int
    queues: tuple[str, ...]


@dataclass(slots=True)
class Autoscaler:
    """Remembers since when each pool has been larger than needed. One at a time scales an installation."""

    limits: Limits
    cooldown: timedelta
    _low_since: dict[str, datetime] = field(default_factory=dict)

    def decide(self, pools: Iterable[Pool], needs: Iterable[Need], now: datetime) -> list[Change]:
        """What to do with each pool; a worker that is quiet, and serves no queue, is left alone."""
        pools = [pool for pool in pools if pool.queues]
        serving: dict[str, list[str]] = {}
        for pool in pools:
            for queue in pool.queues:
                serving.setdefault(queue, []).append(pool.worker)
        wanted = share({need.queue: need.slots for need in needs}, serving)
        return [self._decide(pool, wanted.get(pool.worker, 0), now) for pool in pools]

    def _decide(self, pool: Pool, wanted: int, now: datetime) -> Change:
        if max(wanted, self.limits.least) >= pool.slots:
            self._low_since.pop(pool.worker, None)
        since = self._low_since.setdefault(pool.worker, now) if max(wanted, self.limits.least) < pool.slots else now
        return change(pool.worker, pool.slots, wanted, self.limits, now - since, self.cooldown)

    def apply(self, changes: Iterable[Change]) -> int:
        """Tell the workers; answers how many were told. Each is an act of the platform's."""
        told = [change for change in changes if change.by]
        for one in told:
            control.resize(one.worker, one.by)
            audit.record("worker.resize", f"worker:{one.worker}", by_slots=one.by, because=one.because)
        return len(told)
