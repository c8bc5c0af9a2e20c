"""Waking those who wait for a job to end: one reader of the journal a process, however many threads wait.

A bell says only "look now"; the truth is where it always is. So a reader that was away rings all of them, and who waits
looks once in a while unasked.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import redis
import structlog

from jobs.core.events import LEADS_TO
from jobs.infra import journal
from jobs.infra.broker import milliseconds
from jobs.infra.redis import client, journal_key

log = structlog.get_logger(__name__)
BLOCK = timedelta(seconds=1)
AGAIN = timedelta(milliseconds=200)
ENDS = frozenset(event.value for event, state in LEADS_TO.items() if state.ended)


class Endings:
    """The bells of this process, by job id. The reader runs while anyone waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bells: dict[str, set[threading.Event]] = {}
        self._reading = False

    @contextmanager
    def bell(self, job_id: str) -> Iterator[threading.Event]:
        """An event that is set when the job may have ended, for the time of the block."""
        bell = threading.Event()
        with self._lock:
            self._bells.setdefault(job_id, set()).add(bell)
            if not self._reading:
                self._reading = True
                threading.Thread(target=self._read, name="conveyor-endings", daemon=True).start()
        try:
            yield bell
        finally:
            self._leave(job_id, bell)

    def _leave(self, job_id: str, bell: threading.Event) -> None:
        with self._lock:
            self._bells[job_id].discard(bell)
            if not self._bells[job_id]:
                del self._bells[job_id]

    def _read(self) -> None:
        while self._wanted():
            try:
                self._follow()
            except redis.RedisError as error:
                log.warning("endings.waiting", why=str(error))
                time.sleep(AGAIN.total_seconds())

    def _wanted(self) -> bool:
        with self._lock:
            self._reading = bool(self._bells)
            return self._reading

    def _follow(self) -> None:
        place = journal.last_id()
        # What came before this place is in the state that they read now.
        self._ring_all()
        while self._wanted():
            answer = client().xread({journal_key(): place}, count=500, block=milliseconds(BLOCK))
            for id, fields in journal.raw(answer):
                place = id
                if fields.get("n") in ENDS:
                    self._ring(fields.get("s", ""))

    def _ring(self, job_id: str) -> None:
        with self._lock:
            for bell in self._bells.get(job_id, ()):
                bell.set()

    def _ring_all(self) -> None:
        with self._lock:
            for bells in self._bells.values():
                for bell in bells:
                    bell.set()


endings = Endings()
