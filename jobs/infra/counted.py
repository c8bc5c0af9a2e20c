"""What every process counts of itself, added up in Redis: right however many processes there are, and wherever one asks.

A process adds what it counted every few seconds, in one round trip, and once more at its end. With Redis away the counts wait;
what a killed process had not told is lost, a few seconds of it.
"""

import atexit
import contextlib
import os
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import redis

from jobs.core.tally import BOUNDS
from jobs.infra.redis import client, key

EVERY = 2.0
MILLION = 1_000_000
SEPARATOR = "\x1f"
SUM = "sum"


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its buckets' upper bounds and the names of its labels; a label has few values, all told."""

    name: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...]


HTTP = Measure("http", ("method", "route", "status"), BOUNDS[:11])
RECORDED = Measure("recorded", (), (1, 10, 50, 100, 250, 500, 1000))
FETCHED = Measure("fetched", (), (1, 2, 4, 8, 16, 32, 64, 128, 256))


@dataclass(slots=True)
class Seen:
    """What was counted under one set of labels: by bucket, and the sum of the values."""

    buckets: Counter[int] = field(default_factory=Counter)
    sum: float = 0.0


class Counts:
    """The counts of this process on their way. `also` is told as often, in the same thread."""

    def __init__(self) -> None:
        self.also: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._process = 0

    def add(self, measure: Measure, value: float, *labels: str) -> None:
        stem = SEPARATOR.join((measure.name, *labels, ""))
        with self._lock:
            self._counts[f"{stem}{bisect_left(measure.bounds, value)}"] += 1
            self._counts[f"{stem}{SUM}"] += round(value * MILLION)
            if self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._keep_telling, name="conveyor-counts", daemon=True).start()

    def send(self) -> None:
        """Add what was counted to what all have counted. Raises redis.RedisError; then it is sent the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        try:
            with client().pipeline(transaction=False) as pipe:
                for name, count in counts.items():
                    pipe.hincrby(_key(), name, count)
                pipe.execute()
        except redis.RedisError:
            with self._lock:
                self._counts.update(counts)
            raise

    def forget(self) -> None:
        """A child begins with nothing: what its parent counted, the parent tells."""
        self._lock = threading.Lock()
        self._counts.clear()

    def _keep_telling(self) -> None:
        while True:
            with contextlib.suppress(redis.RedisError):
                self.send()
                for tell in self.also:
                    tell()
            time.sleep(EVERY)


counts = Counts()
os.register_at_fork(after_in_child=counts.forget)


@atexit.register
def send_last() -> None:
    """This process ends: send what is left. An ASGI server that a signal ends calls it itself (jobs.infra.lifespan)."""
    with contextlib.suppress(redis.RedisError):
        counts.send()


def read(measure: Measure) -> dict[tuple[str, ...], Seen]:
    """What all processes have counted, by the values of the labels."""
    found: dict[tuple[str, ...], Seen] = defaultdict(Seen)
    kept: dict[str, str] = client().hgetall(_key())  # type: ignore[assignment]
    for name, count in kept.items():
        first, *labels, last = name.split(SEPARATOR)
        if first != measure.name or len(labels) != len(measure.labels):
            continue
        if last == SUM:
            found[tuple(labels)].sum = int(count) / MILLION
        else:
            found[tuple(labels)].buckets[int(last)] = int(count)
    return dict(found)


def _key() -> str:
    return key("counted")
