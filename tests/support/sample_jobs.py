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

from jobs.declare import Backoff, Call, Event, GiveUp, JobContext, Payload, Snooze, batch_job, job, on
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


@job("sample.give_up", retry=QUICK)
def give_up(ctx: JobContext, payload: Nothing) -> None:
    """Fails for good."""
    raise GiveUp("no use")


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
