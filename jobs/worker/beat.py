"""Beat's clock: the platform's chores, each at its interval. Two beats may run: every chore may be done twice."""

import os
import socket
import time
from collections.abc import Callable
from typing import Any

import celery.beat
import structlog
from django.db import close_old_connections

from jobs.core.chores import chores
from jobs.infra import alive, gates
from jobs.services import alerts, audit, chain, deliveries, events, forgetting, history, operations, rules, sightings
from jobs.worker import watch
from jobs.worker.aside import Aside

log = structlog.get_logger(__name__)


def sign_of_life() -> int:
    alive.tell(alive.BEAT, f"{socket.gethostname()}:{os.getpid()}")
    return 1


CHORES: dict[Callable[[], int], float] = {
    operations.promote: 0.1,
    operations.publish_due: 5,
    operations.reconcile: 15,
    operations.restore_messages: 15,
    rules.restore: 2,
    gates.tend: 5,
    operations.kill_overdue: 2,
    operations.trim: 60,
    operations.lift: 1,
    chain.note: 10,
    forgetting.tell: 600,
    forgetting.forget: 30,
    # The whole archive takes minutes.
    Aside(audit.verify_daily): 600,
    events.send: 1,
    deliveries.dispatch_due: 1,
    deliveries.forget: 60,
    sightings.forget: 3600,
    history.fold: 600,
    # Twice a minute, so that no minute is left out.
    watch.sample: 30,
    watch.alarm: 60,
    alerts.forget: 3600,
    sign_of_life: alive.EVERY.total_seconds(),
}


class Scheduler(celery.beat.Scheduler):
    """Runs CHORES; a failing one is logged and tried again at its next time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._every = CHORES | chores
        self._due = dict.fromkeys(self._every, 0.0)
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        close_old_connections()
        for chore, due in self._due.items():
            if due <= time.monotonic():
                self._run(chore)
                self._due[chore] = time.monotonic() + self._every[chore]
        return max(0.01, min(self._due.values()) - time.monotonic())

    def _run(self, chore: Callable[[], int]) -> None:
        try:
            chore()
        except Exception as error:  # a chore that fails must not stop the clock
            log.warning("beat.chore_failed", chore=chore.__name__, why=str(error))
