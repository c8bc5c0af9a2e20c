"""A dependency around any call: counts how it answers, and refuses the call while its breaker is open."""

import contextlib
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from datetime import timedelta
from types import TracebackType

import redis

from jobs.core.dependency import Dependency, DependencyAway, needed
from jobs.infra import gates

# The job that runs here; a call that it makes is its own, so the canary's calls go through.
_running: ContextVar[str] = ContextVar("running", default="")
# A call that tries whether the dependency is back may take so long; then another may try.
TRY = timedelta(minutes=1)
# Where nobody knows when it opens, a job comes back after this.
LATER = timedelta(seconds=15)


class Guard:
    """`with smtp: ...`: raises DependencyAway, which puts a job off without burning an attempt, while the breaker is open.

    An exception out of the block counts as a failure, leaving it as an answer. Without Redis calls go through uncounted.
    """

    def __init__(self, dependency: Dependency) -> None:
        self.dependency = dependency
        self._calls = threading.local()

    def __enter__(self) -> "Guard":
        job = _running.get()
        call = job or f"call:{time.time_ns() // 1_000_000 + int(TRY.total_seconds() * 1000)}:{uuid.uuid4().hex[:12]}"
        opens = _said(self.dependency, "call", call)
        if opens:
            raise DependencyAway(self.dependency.name, _wait(int(opens)))
        self._stack().append(call)
        return self

    def __exit__(self, kind: type[BaseException] | None, failure: BaseException | None, where: TracebackType | None) -> None:
        call = self._stack().pop()
        if isinstance(failure, DependencyAway):
            return
        answer = _said(self.dependency, "ok" if failure is None else "fail", call)
        if failure is not None:
            _mark(failure, self.dependency.name, answer)

    def _stack(self) -> list[str]:
        if not hasattr(self._calls, "open"):
            self._calls.open = []
        return self._calls.open  # type: ignore[no-any-return]


@contextlib.contextmanager
def calls_of(job: str) -> Iterator[None]:
    """Calls within are the job's."""
    token = _running.set(job)
    try:
        yield
    finally:
        _running.reset(token)


def _mark(failure: BaseException, name: str, answer: str) -> None:
    """A failure remembers which breakers have heard of it, and what they answered: each counts it once."""
    failure.heard = {**getattr(failure, "heard", {}), name: answer}  # type: ignore[attr-defined]


def is_away(needs: Sequence[str], job: str, failure: BaseException) -> bool:
    """A job has failed, which counts against the dependencies that it needs. Was the breaker of one open, or the job its canary?

    Then the attempt is not the job's own fault. The failures that open a breaker are.
    """
    for name in needs:
        if name not in getattr(failure, "heard", {}):
            _mark(failure, name, _say(needed(name), "fail", job))
    return "open" in getattr(failure, "heard", {}).values()


def _said(dependency: Dependency, word: str, call: str) -> str:
    try:
        return _say(dependency, word, call)
    except redis.RedisError:
        return ""


def _say(dependency: Dependency, word: str, call: str) -> str:
    return gates.breaker(dependency.gate, word, call, dependency.rule().text())


def _wait(opens: int) -> timedelta:
    left = timedelta(milliseconds=opens) - timedelta(seconds=time.time())
    return max(timedelta(seconds=1), left) if opens else LATER
