"""Submitting and following jobs over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Header, Router, Status

from jobs.api import schemas, waiting
from jobs.api.auth import person_of, require
from jobs.core.errors import InvalidFilter, InvalidInput, NotAllowed, TooLarge
from jobs.core.job_type import registry
from jobs.core.roles import Role
from jobs.models import Job
from jobs.models.tenant import Scope
from jobs.queries import jobs as queries
from jobs.queries import roles
from jobs.queries.search import bounded
from jobs.services import steering, submission

router = Router(tags=["jobs"])
MOST_IN_BATCH = 1000


@router.post("/jobs", response=waiting.RESPONSES, by_alias=True)
def submit(
    request: HttpRequest,
    response: HttpResponse,
    body: schemas.JobIn,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> Any:
    """Accept one job. A known `Idempotency-Key` answers 200 with the first job; `Prefer: wait=N` waits up to N seconds for the end."""
    tenant = require(request, Scope.SUBMIT)
    _not_too_large(request)
    submission.refuse_internal([body.type])
    made = submission.submit(body.order(idempotency_key), tenant, **_origin(request))
    if made.replayed:
        response["Location"] = reverse("api:job", args=[made.job.pk])
        return Status(200, schemas.job_out(queries.get(tenant, made.job.pk)))
    return waiting.answer(request, response, made.job)


@router.post("/jobs/batch", response={202: list[schemas.Accepted]}, by_alias=True)
def submit_batch(request: HttpRequest, body: list[schemas.JobIn]) -> Any:
    """Accept many jobs, all or none; what is wrong is named by index."""
    tenant = require(request, Scope.SUBMIT)
    _not_too_large(request)
    if not 1 <= len(body) <= MOST_IN_BATCH:
        raise InvalidInput(f"A batch has 1 to {MOST_IN_BATCH} jobs.")
    _check_each(body)
    submission.refuse_internal([job.type for job in body])
    made = submission.submit_many([job.order() for job in body], tenant, **_origin(request))
    return Status(202, [waiting.accepted(m.job) for m in made])


def _check_each(body: list[schemas.JobIn]) -> None:
    wrong: dict[str, str] = {}
    for index, job in enumerate(body):
        try:
            registry.get(job.type).accept(job.data)
        except InvalidInput as error:
            wrong |= {f"{index}.data.{name}": text for name, text in error.fields.items()} or {f"{index}.type": str(error)}
    if wrong:
        raise InvalidInput("Nothing was accepted: some jobs are not valid.", wrong)


@router.get("/jobs", response=schemas.JobPage, by_alias=True)
def search(
    request: HttpRequest, status: str = "", type: str = "", queue: str = "", tag: str = "", q: str = "", after: str = "", limit: int = 50
) -> Any:
    """Jobs of the tenant, the newest first. `q` is like `type:stock.* status:dead data.sku:A-1 age:>1h -tag:test`."""
    tenant, everyone = require(request, Scope.READ), _sees_all(request)
    rows = queries.search(tenant, status=status, type=type, queue=queue, tag=tag, q=q, opens=not everyone or _opens_all(request))
    if not everyone:
        rows = rows.filter(submitted_by_id=request.user.pk)
    with bounded():
        found, cursor = queries.page(rows, _cursor(after), limit)
    return {"items": [_out(request, job) for job in queries.freshen(found)], "next": cursor}


def _cursor(after: str) -> UUID | None:
    try:
        return UUID(after) if after else None
    except ValueError:
        raise InvalidFilter("after is the `next` of an earlier page.") from None


@router.get("/jobs/{uuid:job_id}", response=schemas.JobOut, by_alias=True, url_name="job")
def get(request: HttpRequest, job_id: UUID) -> Any:
    """One job as it stands this moment."""
    return _out(request, _job(request, Scope.READ, job_id))


@router.get("/jobs/{uuid:job_id}/timeline", response=list[schemas.EventOut], by_alias=True)
def timeline(request: HttpRequest, job_id: UUID) -> Any:
    """What happened to the job, as the journal has it."""
    job = _job(request, Scope.READ, job_id)
    return [schemas.event_out(e, carried=_opens(request, job)) for e in queries.timeline(job)]


@router.post("/jobs/{uuid:job_id}/cancel", response=schemas.CancelOut, by_alias=True)
def cancel(request: HttpRequest, job_id: UUID) -> Any:
    """Ask a job to stop; 409 when it has ended."""
    return {"status": steering.cancel_job(_job(request, Scope.SUBMIT, job_id))}


@router.post("/jobs/{uuid:job_id}/retry", response=waiting.RESPONSES, by_alias=True)
def retry(request: HttpRequest, response: HttpResponse, job_id: UUID, body: schemas.RetryIn | None = None) -> Any:
    """Submit a dead or cancelled job again, with other data if given, as a new one that names the old."""
    old = _job(request, Scope.SUBMIT, job_id)
    return waiting.answer(request, response, steering.retry_job(old, body.data if body else None, **_origin(request)))


@router.get("/jobs/{uuid:job_id}/logs", response=list[schemas.LogOut], by_alias=True)
def logs(request: HttpRequest, job_id: UUID) -> Any:
    """What each attempt of the job has logged; the last lines, for some days."""
    require(request, Scope.OPERATE)
    job = _job(request, Scope.READ, job_id)
    attempts = queries.attempts(job)
    found = queries.logs(job, attempts)
    return [{"attempt": a.number, "state": a.state, "lines": [schemas.line_out(line) for line in found.get(a.turn, [])]} for a in attempts]


@router.get("/types", response=list[schemas.TypeOut], by_alias=True)
def types(request: HttpRequest) -> Any:
    """The job types, with the JSON Schema of their payloads."""
    require(request, Scope.READ)
    return [
        {
            "name": t.name,
            "summary": t.summary,
            "queue": t.queue,
            "priority": t.priority,
            "attempts": t.retry.max_attempts,
            "timeout": t.timeout.total_seconds(),
            "payload": t.payload_schema(),
        }
        for t in registry
    ]


def _job(request: HttpRequest, scope: Scope, job_id: UUID) -> Job:
    """The job, for who may see it: a key its tenant's, a user of the site their own; raises NotFound."""
    tenant = require(request, scope)
    if not request.user.is_authenticated:
        return queries.get(tenant, job_id)
    job = queries.seen_by(request.user, tenant, job_id)
    if scope is Scope.SUBMIT and not roles.may_open(request.user, job):
        raise NotAllowed("A viewer can't act on a job of somebody else.")
    return job


def _out(request: HttpRequest, job: Job) -> dict[str, Any]:
    return schemas.job_out(job, carried=_opens(request, job))


def _opens_all(request: HttpRequest) -> bool:
    """May the caller see what any job of the tenant carries?"""
    return not request.user.is_authenticated or roles.has(request.user, Role.OPERATOR)


def _opens(request: HttpRequest, job: Job) -> bool:
    """May the caller see what the job carries?"""
    return not request.user.is_authenticated or roles.may_open(request.user, job)


def _sees_all(request: HttpRequest) -> bool:
    return not request.user.is_authenticated or request.user.is_staff


def _not_too_large(request: HttpRequest) -> None:
    if len(request.body) > settings.MAX_BODY_BYTES:
        raise TooLarge(f"The body has more than {settings.MAX_BODY_BYTES} bytes.")


def _origin(request: HttpRequest) -> dict[str, Any]:
    return {"submitted_by": person_of(request)}
