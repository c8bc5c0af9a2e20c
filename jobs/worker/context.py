"""What a running job knows of itself: who it is, how to tell its progress, whether it should stop."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from jobs.core.outcomes import Cancelled
from jobs.infra import state

Item = TypeVar("Item")
Input = TypeVar("Input", bound=BaseModel)
# A tight loop may tell its progress at every step; at most four times a second it is sent.
EVERY = 0.25


class Superseded(Cancelled):
    """Another attempt counts now; whatever this one does is not recorded."""


class Progress(Protocol):
    def __call__(self, done: dict[str, Any]) -> str: ...


class JobContext:
    """Handed to every job as its first argument."""

    def __init__(self, id: str, tenant: str, attempt: int, attempts: int, tell: Progress) -> None:
        self.id = id
        self.tenant = tenant
        self.attempt = attempt
        self.attempts = attempts
        self._tell = tell
        self._next = 0.0

    @property
    def reference(self) -> str:
        """Unique to the job and the same for each of its attempts: what makes an effect happen once."""
        return f"job:{self.id}"

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Tell how far the job is; raises Cancelled when it should stop."""
        now = time.monotonic()
        if now < self._next and done != total:
            return
        self._next = now + EVERY
        answer = self._tell({"done": done, "total": total, "message": message})
        if answer == "lost":
            raise Superseded("another attempt has taken this job over")
        if answer:
            raise Cancelled("asked to stop")

    def track(self, items: Iterable[Item], total: int | None = None, message: str = "") -> Iterator[Item]:
        """The same items, telling the progress between them; raises Cancelled when the job should stop."""
        for done, item in enumerate(items):
            self.progress(done, total, message)
            yield item
        if total is not None:
            self.progress(total, total, message)


@dataclass(frozen=True, slots=True)
class Call(Generic[Input]):
    """One of the jobs that a batch performs."""

    ctx: JobContext
    payload: Input


def of(id: str, tenant: str, attempt: int, attempts: int, claim: str) -> JobContext:
    return JobContext(id, tenant, attempt, attempts, lambda done: state.progress(id, tenant, claim, done))
