"""Reading jobs: the row, made as new as the hot state where Redis is ahead of the recorder."""

import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import redis

from jobs.core.errors import InvalidFilter, NotFound
from jobs.core.states import State
from jobs.infra import job_log, state
from jobs.infra.job_log import Line
from jobs.models import Attempt, Event, Job, Tenant
from jobs.models.job import JobQuerySet
from jobs.queries import search as by_words
from jobs.queries.roles import role_of

MOST = 100


def get(tenant: Tenant | None, job_id: uuid.UUID) -> Job:
    """One job of the tenant, or of any, as it stands this moment; raises NotFound."""
    rows = Job.objects.of(tenant) if tenant else Job.objects.all()
    job = rows.select_related("tenant", "submitted_by").filter(pk=job_id).first()
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return freshen([job])[0]


def seen_by(user: Any, tenant: Tenant, job_id: uuid.UUID) -> Job:
    """One job of the tenant that the user submitted; staff see those of everybody. Raises NotFound."""
    staff = role_of(user) is not None
    job = get(None if staff else tenant, job_id)
    if job.submitted_by_id != user.pk and not staff:
        raise NotFound(f"There is no job {job_id}.")
    return job


def freshen(jobs: Sequence[Job]) -> list[Job]:
    """The same jobs with what Redis knows beyond their rows; without Redis, the rows."""
    try:
        hot = state.read([str(job.pk) for job in jobs if not State(job.state).ended])
    except redis.RedisError:
        hot = {}
    for job in jobs:
        known = hot.get(str(job.pk))
        if known and known.position > job.position:
            _overlay(job, known)
    return list(jobs)


def _overlay(job: Job, hot: state.Hot) -> None:
    job.provisional = True
    job.state, job.turn = hot.state, hot.turn
    job.attempt = hot.attempt if hot.state in (State.RUNNING, *(s for s in State if s.ended)) else job.attempt
    job.progress = hot.json("progress") or job.progress
    job.result, job.error = hot.json("result"), hot.json("error") if hot.state != State.SUCCEEDED else None
    if hot.state.ended and not job.finished_at:
        job.finished_at = datetime.fromtimestamp(int(hot.position.partition("-")[0]) / 1000, UTC)


def search(
    tenant: Tenant, *, status: str = "", type: str = "", queue: str = "", tag: str = "", q: str = "", opens: bool = True
) -> JobQuerySet:
    """Jobs of the tenant that match; `q` is in the words of core.search. Raises InvalidFilter, NotAllowed."""
    rows = by_words.search(q, tenant, opens=opens)
    if status and status not in set(State):
        raise InvalidFilter(f"There is no status {status!r}; there are {', '.join(State)}.")
    wanted = {"state": status, "type": type, "queue": queue, "tags__contains": [tag] if tag else ""}
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def page(rows: JobQuerySet, after: uuid.UUID | None, limit: int) -> tuple[list[Job], str | None]:
    """The newest first; the second value is the cursor of the next page."""
    limit = max(1, min(limit, MOST))
    found = list((rows.filter(pk__lt=after) if after else rows).order_by("-pk")[: limit + 1])
    return found[:limit], str(found[limit - 1].pk) if len(found) > limit else None


def some(ids: Collection[uuid.UUID]) -> list[Job]:
    """Those jobs of any tenant that are there, the newest first."""
    return list(Job.objects.filter(pk__in=ids).select_related("tenant").order_by("-pk")) if ids else []


def timeline(job: Job) -> list[Event]:
    return list(Event.objects.filter(subject=str(job.pk)).order_by("position"))


def attempts(job: Job) -> list[Attempt]:
    return list(Attempt.objects.filter(job=job).order_by("turn"))


def logs(job: Job, attempts: Sequence[Attempt]) -> dict[int, list[Line]]:
    """What each attempt logged, by its turn; nothing without Redis."""
    try:
        return job_log.read(str(job.pk), [attempt.turn for attempt in attempts])
    except redis.RedisError:
        return {}


def retries(job: Job) -> list[Job]:
    """The jobs that try it again, the newest first."""
    return list(Job.objects.filter(replay_of=job).order_by("-pk")[:20])
