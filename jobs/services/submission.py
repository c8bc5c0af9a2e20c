"""Submitting jobs: rows in the caller's transaction, messages on commit."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from jobs.core import request_id
from jobs.core.backoff import MAX_ATTEMPTS
from jobs.core.errors import IdempotencyConflict, InvalidInput, InvalidState, NotAllowed, Unavailable
from jobs.core.job_type import LEAST, MOST, JobType, registry
from jobs.core.message import Message
from jobs.core.states import State
from jobs.infra import broker, steps
from jobs.infra.tracing import traces
from jobs.models import Job, Tenant
from jobs.models.tenant import DEFAULT_TENANT
from jobs.services import endpoints

log = structlog.get_logger(__name__)
# What is due later than this waits in PostgreSQL; Redis' memory is no archive.
HORIZON = timedelta(minutes=10)
MOST_TAGS = 20


@dataclass(frozen=True, slots=True)
class Order:
    """One job as it is asked for. `delay` and `run_at` exclude each other. Its end is told to `callback_url`."""

    type: str
    data: Mapping[str, Any]
    key: str | None = None
    priority: int | None = None
    attempts: int | None = None
    delay: timedelta | None = None
    run_at: datetime | None = None
    expires_at: datetime | None = None
    tags: Sequence[str] = field(default=())
    callback_url: str = ""
    # What it is done for, where that is not what is under way (jobs.infra.tracing).
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """`replayed`: the idempotency key was known, and this is the first job submitted with it."""

    job: Job
    replayed: bool = False


def submit(order: Order, tenant: Tenant | None = None, **origin: Any) -> Submission:
    """Accept one job. Raises InvalidInput, UnknownJobType, InvalidPayload, IdempotencyConflict, InvalidUrl."""
    return submit_many([order], tenant, **origin)[0]


def retry(job: Job, data: Mapping[str, Any] | None = None, **origin: Any) -> Job:
    """Submit a dead or cancelled job again, with other data if given, as a new one that names the old.

    Raises InvalidState for any other, UnknownJobType, InvalidPayload, and NotAllowed for other data of an internal type.
    """
    if job.state not in (State.DEAD, State.CANCELLED) or job.plain:
        what = "an ordinary task" if job.plain else job.state
        raise InvalidState(f"Only a dead or cancelled job can be retried; this one is {what}.")
    refuse_edit(job.type, job.payload, data)
    order = Order(job.type, job.payload if data is None else data, priority=job.priority, attempts=job.attempts, tags=job.tags)
    return submit(order, job.tenant, replay_of=job, **origin).job


def refuse_internal(types: Iterable[str]) -> None:
    """Raises NotAllowed for a job type whose payload is not to be written from outside: it has a door of its own."""
    if inner := sorted({name for name in types if name in registry and registry.get(name).internal}):
        raise NotAllowed(f"The payload of {', '.join(inner)} can't be given here; use the endpoint of its application.")


def refuse_edit(type: str, payload: Any, data: Mapping[str, Any] | None) -> None:
    """Raises NotAllowed for other data of an internal type."""
    if data is not None and data != payload and type in registry and registry.get(type).internal:
        raise NotAllowed(f"The payload of {type} says who acts; it can be tried again as it is, and not with another.")


@transaction.atomic
def retry_many(jobs: Sequence[Job], tag: str, **origin: Any) -> tuple[list[Job], dict[uuid.UUID, str]]:
    """Submit dead or cancelled jobs again, each as a new one that names the old and bears the tag; answers the new ones, and
    why others were refused, by their id. One INSERT, one publish on commit."""
    rows, refused = [], {}
    with traces().submitting([(job.type, "") for job in jobs]) as trace:
        for job in jobs:
            order = Order(job.type, job.payload, priority=job.priority, attempts=job.attempts, tags=_tagged(job.tags, tag))
            try:
                rows.append(_row(order, job.tenant, {**origin, "replay_of": job, "trace": trace[""]}))
            except InvalidInput as error:
                refused[job.pk] = str(error)
    Job.objects.bulk_create(rows, batch_size=1000)
    endpoints.call_back([(row, "") for row in rows])
    transaction.on_commit(lambda: _submitted(rows))
    return rows, refused


def _tagged(tags: Sequence[str], tag: str) -> list[str]:
    """One tag of an operation more, those of earlier ones gone; a job has at most MOST_TAGS."""
    return [*[known for known in tags if not known.startswith("bulk:")][: MOST_TAGS - 1], tag]


@transaction.atomic
def submit_many(orders: Sequence[Order], tenant: Tenant | None = None, **origin: Any) -> list[Submission]:
    """Accept all or none; one INSERT, one publish on commit. `origin`: submitted_by, replay_of."""
    tenant = tenant or Tenant.objects.get(slug=DEFAULT_TENANT)
    with traces().submitting([(order.type, order.trace) for order in orders]) as trace:
        jobs = [_row(order, tenant, {**origin, "trace": trace[order.trace]}) for order in orders]
        Job.objects.bulk_create(jobs, ignore_conflicts=True, batch_size=1000)
    first = _first_of_keys(jobs, tenant)
    submissions = [_submission(job, first) for job in jobs]
    fresh = [s.job for s in submissions if not s.replayed]
    endpoints.call_back([(s.job, order.callback_url) for order, s in zip(orders, submissions, strict=True) if not s.replayed])
    transaction.on_commit(lambda: _submitted(fresh))
    return submissions


def _row(order: Order, tenant: Tenant, origin: dict[str, Any]) -> Job:
    job_type = registry.get(order.type)
    payload = job_type.accept(order.data).model_dump(mode="json")
    _check(order)
    now = timezone.now()
    run_at = now + order.delay if order.delay else order.run_at
    return Job(
        tenant=tenant,
        type=job_type.name,
        queue=job_type.queue,
        state=State.SCHEDULED if run_at and run_at > now else State.SUBMITTED,
        priority=job_type.priority if order.priority is None else order.priority,
        payload=payload,
        tags=sorted(set(order.tags)),
        key=order.key or None,
        attempts=order.attempts or job_type.retry.max_attempts,
        run_at=run_at,
        expires_at=order.expires_at,
        submitted_at=now,
        **{"request_id": request_id.current(), **origin},
    )


def _check(order: Order) -> None:
    fields = {
        "priority": order.priority is not None and not LEAST <= order.priority <= MOST,
        "attempts": order.attempts is not None and not 1 <= order.attempts <= MAX_ATTEMPTS,
        "delay": bool(order.delay and (order.run_at or order.delay < timedelta(0))),
        "key": bool(order.key and len(order.key) > 200),
        "tags": len(order.tags) > MOST_TAGS or any(not tag or len(tag) > 60 for tag in order.tags),
    }
    wrong = {
        "priority": f"is from {LEAST} to {MOST}",
        "attempts": f"is from 1 to {MAX_ATTEMPTS}",
        "delay": "is not negative, and not given together with runAt",
        "key": "has at most 200 characters",
        "tags": f"are at most {MOST_TAGS}, of 1 to 60 characters each",
    }
    if found := {name: wrong[name] for name, bad in fields.items() if bad}:
        raise InvalidInput("; ".join(f"{name} {sentence}" for name, sentence in found.items()), found)


def _first_of_keys(jobs: Sequence[Job], tenant: Tenant) -> dict[tuple[str, str], Job]:
    keys = {job.key for job in jobs if job.key}
    if not keys:
        return {}
    known = Job.objects.filter(tenant=tenant, key__in=keys, type__in={job.type for job in jobs})
    return {(job.type, job.key or ""): job for job in known}


def _submission(job: Job, first: dict[tuple[str, str], Job]) -> Submission:
    known = first.get((job.type, job.key or ""), job)
    if known.pk == job.pk:
        return Submission(job)
    if known.payload != job.payload:
        raise IdempotencyConflict(f"The key {job.key!r} was used for another payload of {job.type}.")
    return Submission(known, replayed=True)


def _submitted(jobs: Sequence[Job]) -> None:
    if steps.heard():
        for job in jobs:
            steps.tell("job.submitted", job.pk, job.tenant.slug, job.request_id, job.trace, type=job.type, queue=job.queue)
    publish(jobs)


def publish(jobs: Sequence[Job], *, force: bool = False) -> int:
    """Put what is due soon on the broker. What can't be now stays, and reconciliation publishes it."""
    near = timezone.now() + HORIZON
    messages = [message(job) for job in jobs if not job.run_at or job.run_at <= near]
    try:
        return broker.publish(messages, force=force) if messages else 0
    except Unavailable as error:
        log.warning("jobs.unpublished", count=len(messages), why=str(error))
        return 0


def message(job: Job) -> Message:
    """The message that stands for the job now."""
    same_attempt = job.attempt and job.state in (State.RUNNING, State.WAITING)
    return Message(
        id=str(job.pk),
        type=job.type,
        queue=job.queue,
        priority=job.priority,
        payload=job.payload,
        tenant=job.tenant.slug,
        turn=job.turn,
        attempt=job.attempt if same_attempt else job.attempt + 1,
        attempts=job.attempts,
        timeout=_type_of(job).timeout if job.type in registry else timedelta(minutes=5),
        due=job.run_at if job.attempt == 0 else None,
        expires=job.expires_at,
        request_id=job.request_id,
        tags=tuple(job.tags),
        trace=job.trace,
    )


def _type_of(job: Job) -> JobType:
    return registry.get(job.type)
