"""Running a job that its bundle has claimed: check, perform. How it ended leaves through the result backend (jobs.infra.results).

A failure that will be tried again leaves as Celery's Retry, so that Flower and the worker's log call it so; the next
message is published by the report.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import celery.exceptions
import structlog
from structlog.contextvars import bind_contextvars, reset_contextvars

from jobs.core import request_id
from jobs.core.job_type import JobType
from jobs.core.message import Message
from jobs.core.outcomes import HOPELESS, Cancelled, Snooze, WorkerLost
from jobs.infra import breakers, broker, state, steps
from jobs.infra.results import meaning, message_of
from jobs.worker import context, logs

log = structlog.get_logger(__name__)


def run(task: Any, job_type: JobType, payload: dict[str, Any]) -> Any:
    request = task.request
    if not getattr(request, "conveyor", None):
        return _unaccompanied(task, job_type, payload)
    message = message_of(request)
    request.conveyor["claim"] = claim = _claim(request, message)
    with _said_of(message), logs.captured(message.id, message.turn), breakers.calls_of(message.id):
        ctx = context.of(message.id, message.tenant, message.attempt, message.attempts, claim)
        perform = request.conveyor.pop("answer", None) or (lambda: job_type.function(ctx, job_type.accept(payload)))
        return _perform(task, job_type, ctx, perform)


@contextlib.contextmanager
def _said_of(message: Message) -> Iterator[None]:
    """What every line of log within tells. By tokens: structlog's `bound_contextvars` reads all variables of the thread first."""
    about = {"job": message.id, "type": message.type, "tenant": message.tenant, "attempt": message.attempt}
    tokens = bind_contextvars(**about, **({request_id.NAME: message.request_id} if message.request_id else {}))
    try:
        yield
    finally:
        reset_contextvars(**tokens)


def _claim(request: Any, message: Message) -> str:
    """The right to run, or Celery's Ignore: the message is done with, and nothing is recorded."""
    verdict: state.Verdict = request.conveyor.pop("verdict")
    if verdict.rescued:
        steps.tell_all("job.rescued", [message])
    if verdict.word == "go":
        steps.tell_all("job.started", [message])
        return verdict.detail
    if verdict.word == "lost":
        request.conveyor["claim"] = verdict.detail
        request.message = replace(message, attempt=message.attempts)
        raise WorkerLost(f"its worker died more than {state.RESCUES} times")
    if verdict.word == "repair":
        broker.publish([message.following(verdict.attempt, datetime.fromtimestamp(verdict.due_ms / 1000, UTC))])
    log.info("job.dropped", job=message.id, turn=message.turn, why=verdict.detail)
    raise celery.exceptions.Ignore


def _perform(task: Any, job_type: JobType, ctx: context.JobContext, perform: Callable[[], Any]) -> Any:
    try:
        return job_type.dump_result(perform())
    except context.Superseded:
        raise celery.exceptions.Ignore from None
    except Cancelled as wish:
        task.backend.mark_as_revoked(ctx.id, str(wish), request=task.request)
        raise celery.exceptions.Ignore from None
    except Snooze as snooze:
        raise celery.exceptions.Retry(exc=snooze, when=snooze.for_.total_seconds()) from None
    except Exception as failure:  # whatever a job raises is settled by its policy
        if ctx.attempt < ctx.attempts and not _final(job_type, failure):
            raise celery.exceptions.Retry(exc=failure, when=0) from failure
        raise


def _final(job_type: JobType, failure: Exception) -> bool:
    return isinstance(meaning(failure), (*HOPELESS, *job_type.retry.give_up_on))


def _unaccompanied(task: Any, job_type: JobType, payload: dict[str, Any]) -> Any:
    """A message that another client wrote: no row stands behind it; it runs like a plain task."""
    ctx = context.JobContext(task.request.id, "default", 1, 1, lambda done: "")
    return job_type.dump_result(job_type.function(ctx, job_type.accept(payload)))
