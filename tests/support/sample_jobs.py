"""Job types for tests with real workers."""

import logging
import os
import signal
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import structlog
from celery import shared_task
from django.db import connection

from jobs.declare import (
    Backoff,
    Call,
    Debounce,
    Event,
    GiveUp,
    JobContext,
    Limits,
    Payload,
    Snooze,
    Throttle,
    Unique,
    batch_job,
    dependency,
    job,
    on,
)
from jobs.models import Tenant
from stock.models import Location

QUICK = Backoff(first=timedelta(milliseconds=50), jitter=timedelta(0), ceiling=timedelta(milliseconds=200))


class Nothing(Payload):
    pass


class Number(Payload):
    number: int


class File(Payload):
    path: str


@job("sample.double", retry=QUICK)
def double(ctx: JobContext, payload: Number) -> int:
    """Twice the number."""
    return payload.number * 2


@job("sample.backend", retry=QUICK)
def backend(ctx: JobContext, payload: Number) -> int:
    """Says which process of PostgreSQL serves it, and kills that for an odd number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
        if payload.number % 2:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return pid


@job("sample.pid", retry=QUICK, needs="sample-file")
def pid(ctx: JobContext, payload: Number) -> int:
    """Says which process performs it; it travels alone, for it needs something."""
    return os.getpid()


@job("sample.fill", retry=QUICK, needs="sample-file")
def fill(ctx: JobContext, payload: Number) -> int:
    """Takes so many megabytes for a moment; says which process does."""
    bytearray(payload.number * 1_000_000)
    return os.getpid()


@job("sample.fail", retry=QUICK)
def fail(ctx: JobContext, payload: Nothing) -> None:
    """Always fails."""
    raise ValueError(f"attempt {ctx.attempt}")


@job("sample.talk", retry=QUICK)
def talk(ctx: JobContext, payload: Number) -> None:
    """Logs so many lines in two ways, and fails."""
    for line in range(payload.number):
        structlog.get_logger(__name__).info("line.told", line=line)
    logging.getLogger(__name__).warning("attempt %s ends", ctx.attempt)
    raise GiveUp("said enough") if ctx.attempt == 2 else ValueError("once more")


@job("sample.parent", retry=QUICK)
def parent(ctx: JobContext, payload: Nothing) -> str:
    """Submits another job and says its id."""
    structlog.get_logger(__name__).info("parent.speaks")
    return str(double.submit(Number(number=1)).id)


@job("sample.give_up", retry=QUICK)
def give_up(ctx: JobContext, payload: Nothing) -> None:
    """Fails for good."""
    raise GiveUp("no use")


@job("sample.quote", retry=QUICK, limits=Limits(concurrent=1, by="data.number"))
def quote(ctx: JobContext, payload: Number) -> None:
    """Quotes what it was given wherever it can, and fails."""
    ctx.progress(1, 2, f"at {payload.number}")
    logging.getLogger(__name__).info("it was given %s", payload.number)
    raise GiveUp(f"there is no {payload.number}")


@job("sample.recover", retry=QUICK)
def recover(ctx: JobContext, payload: Nothing) -> str:
    """Fails once."""
    if ctx.attempt == 1:
        raise ValueError("not yet")
    return "well again"


@job("sample.snooze", retry=QUICK)
def snooze(ctx: JobContext, payload: File) -> str:
    """Snoozes until the file is there, making it."""
    path = Path(payload.path)
    if path.exists():
        return f"attempt {ctx.attempt}"
    path.touch()
    raise Snooze(timedelta(milliseconds=50))


@job("sample.long_once", retry=QUICK)
def long_once(ctx: JobContext, payload: File) -> str:
    """Takes a minute, the first time."""
    path = Path(payload.path)
    if not path.exists():
        path.touch()
        time.sleep(60)
    return f"attempt {ctx.attempt}"


@job("sample.forever", retry=QUICK)
def forever(ctx: JobContext, payload: Nothing) -> None:
    """Runs until it is asked to stop."""
    while True:
        ctx.progress(1, 2, "still here")


@shared_task(name="sample.plain")
def plain(left: int, right: int) -> int:
    """An ordinary Celery task."""
    return left + right


class Seconds(Payload):
    seconds: float


@job("sample.effect", retry=QUICK)
def effect(ctx: JobContext, payload: Seconds) -> None:
    """Works a little, and leaves one row for the job however often it runs."""
    time.sleep(payload.seconds)
    tenant = Tenant.objects.get(slug=ctx.tenant)
    Location.objects.get_or_create(tenant=tenant, name=ctx.reference)


@job("sample.kill_its_worker", retry=QUICK)
def kill_its_worker(ctx: JobContext, payload: Nothing) -> None:
    """A poison pill."""
    os.kill(os.getpid(), signal.SIGKILL)


@job("sample.oversleep", timeout=timedelta(seconds=1), retry=QUICK)
def oversleep(ctx: JobContext, payload: Nothing) -> None:
    """Takes longer than it may."""
    time.sleep(60)


@job("sample.moment", retry=QUICK)
def moment(ctx: JobContext, payload: Seconds) -> int:
    """As short as can be, as a rule; below zero it kills its worker."""
    if payload.seconds < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(payload.seconds)
    return ctx.attempt


@batch_job("sample.add_up", size=16, retry=QUICK)
def add_up(calls: Sequence[Call[Number]]) -> Sequence[list[int] | Exception]:
    """The number beside how many were performed together; refuses 7, and can't bear 13 in company or alone."""
    if any(call.payload.number == 13 for call in calls):
        raise ValueError("thirteen")
    return [GiveUp("seven") if call.payload.number == 7 else [call.payload.number, len(calls)] for call in calls]


@batch_job("sample.linger", size=16, retry=QUICK)
def linger(calls: Sequence[Call[Seconds]]) -> Sequence[int | Exception]:
    """Take the longest time that any of them asks for, once; answers how many were performed together."""
    time.sleep(max(call.payload.seconds for call in calls))
    return [len(calls)] * len(calls)


@on("bell.rung", retry=QUICK)
def hear_bell(ctx: JobContext, event: Event) -> int:
    """Count what was rung."""
    return int(event.data["times"])


@on("job.queued", retry=QUICK)
def hear_queued(ctx: JobContext, event: Event) -> str:
    """Which job was queued."""
    return event.subject


@job("sample.bulk_double", queue="bulk", retry=QUICK)
def bulk_double(ctx: JobContext, payload: Number) -> int:
    """Twice the number, without haste."""
    return payload.number * 2


class Keyed(Payload):
    key: str = ""
    seconds: float = 0.0


def _note(ctx: JobContext, payload: Keyed) -> str:
    time.sleep(payload.seconds)
    return payload.key


@job("sample.two_at_once", retry=QUICK, limits=Limits(concurrent=2))
def two_at_once(ctx: JobContext, payload: Keyed) -> str:
    """At most two in the cluster."""
    return _note(ctx, payload)


@job("sample.one_for_each_key", retry=QUICK, limits=Limits(concurrent=1, by="data.key"))
def one_for_each_key(ctx: JobContext, payload: Keyed) -> str:
    """At most one for each key."""
    return _note(ctx, payload)


@job("sample.ten_a_second", retry=QUICK, limits=Limits(rate=10, burst=2))
def ten_a_second(ctx: JobContext, payload: Keyed) -> str:
    """At most ten in a second, and two."""
    return _note(ctx, payload)


@job("sample.cancels_running", retry=QUICK, limits=Limits(concurrent=1, when_full="cancel_running"))
def cancels_running(ctx: JobContext, payload: Keyed) -> str:
    """The newest wins."""
    deadline = time.monotonic() + payload.seconds
    while time.monotonic() < deadline:
        ctx.progress(1, 2)
        time.sleep(0.05)
    return payload.key


@job("sample.drops", retry=QUICK, limits=Limits(concurrent=1, when_full="drop"))
def drops(ctx: JobContext, payload: Keyed) -> str:
    """The newest loses."""
    return _note(ctx, payload)


@job("sample.once", retry=QUICK, limits=Unique(by="data.key"))
def once(ctx: JobContext, payload: Keyed) -> str:
    """One for each key until it is done."""
    return _note(ctx, payload)


@job("sample.once_until_started", retry=QUICK, limits=Unique(until="started", by="data.key", keep="last"))
def once_until_started(ctx: JobContext, payload: Keyed) -> str:
    """One waits for each key, the newest."""
    return _note(ctx, payload)


@job("sample.once_an_hour", retry=QUICK, limits=Unique(for_=timedelta(hours=1), by="data.key"))
def once_an_hour(ctx: JobContext, payload: Keyed) -> str:
    """One for each key in an hour."""
    return _note(ctx, payload)


@job("sample.debounced", retry=QUICK, limits=Debounce(timedelta(milliseconds=300), timedelta(seconds=5), by="data.key"))
def debounced(ctx: JobContext, payload: Keyed) -> str:
    """The last, when it has been quiet."""
    return _note(ctx, payload)


@job("sample.throttled", retry=QUICK, limits=Throttle(timedelta(milliseconds=500)))
def throttled(ctx: JobContext, payload: Keyed) -> str:
    """The first, then the newest of each half second."""
    return _note(ctx, payload)


sample_file = dependency("sample-file", failures=3, rest=timedelta(milliseconds=500))


@job("sample.needs_a_file", retry=QUICK, needs="sample-file")
def needs_a_file(ctx: JobContext, payload: File) -> str:
    """Succeeds while the file is there; stands for a call to a neighbour."""
    return Path(payload.path).read_text()
