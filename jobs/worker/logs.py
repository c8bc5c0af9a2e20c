"""Catches what a job logs, by structlog or logging, and keeps it with its attempt (jobs.infra.job_log).

Lines are sent a few at a time and at the end. A job that logs nothing costs nothing, and one whose worker is killed has left
all but its last moment.
"""

import contextlib
import logging
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import redis

from jobs.infra import job_log
from jobs.infra.job_log import LONGEST, Line

# Seconds for which a line may wait for others, and how many wait at most.
EVERY, MOST = 0.5, 100
# Bound to every line of a job, and told by the page that shows it.
KNOWN = {"job", "type", "tenant", "attempt", "request_id", "trace_id", "span_id", "event", "level", "logger", "timestamp"}


class Capture:
    """The lines of one attempt on their way."""

    def __init__(self, job_id: str, turn: int) -> None:
        self.job_id, self.turn = job_id, turn
        self._count = 0
        self._lines: list[Line] = []
        self._since = 0.0

    def add(self, level: str, logger: str, text: str) -> None:
        self._count += 1
        if not self._lines:
            self._since = time.monotonic()
        self._lines.append(Line(self._count, time.time_ns() // 1_000_000, level, logger, text[:LONGEST]))
        if len(self._lines) >= MOST or time.monotonic() - self._since > EVERY:
            self.send()

    def send(self) -> None:
        lines, self._lines = self._lines, []
        if lines:
            # The job matters more than what it says.
            with contextlib.suppress(redis.RedisError):
                job_log.add(self.job_id, self.turn, lines)


_here: ContextVar[Capture | None] = ContextVar("capture", default=None)


class Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        capture = _here.get()
        if capture is None:
            return
        # What is sent to Redis may log itself.
        token = _here.set(None)
        try:
            capture.add(record.levelname.lower(), record.name, _text(record))
        finally:
            _here.reset(token)


def _text(record: logging.LogRecord) -> str:
    if isinstance(record.msg, dict):
        said: dict[str, Any] = record.msg
        more = (f"{name}={value}" for name, value in said.items() if name not in KNOWN and not name.startswith("_"))
        return " ".join([str(said.get("event", "")), *more])
    text = record.getMessage()
    return f"{text}\n{logging.Formatter().formatException(record.exc_info)}" if record.exc_info else text


_handler = Handler()


def _listen() -> None:
    """Hear everybody from INFO on; what the other handlers were spared by the root's level, they are spared by their own."""
    root = logging.getLogger()
    if _handler not in root.handlers:
        root.addHandler(_handler)
    if root.level > logging.INFO:
        for other in (h for h in root.handlers if h is not _handler):
            other.setLevel(max(other.level, root.level))
        root.setLevel(logging.INFO)


@contextlib.contextmanager
def captured(job_id: str, turn: int) -> Iterator[None]:
    """What is logged inside, in this thread, is kept for that attempt."""
    _listen()
    capture = Capture(job_id, turn)
    token = _here.set(capture)
    try:
        yield
    finally:
        _here.reset(token)
        capture.send()
