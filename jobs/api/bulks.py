"""Doing something to every job that matches, over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Status

from jobs.api import schemas
from jobs.api.auth import person_of, require, who
from jobs.api.schemas import Camel
from jobs.core.errors import NotAllowed
from jobs.core.roles import Role
from jobs.models import Bulk, Tenant
from jobs.models.tenant import Scope
from jobs.queries import bulks as queries
from jobs.queries.roles import has
from jobs.queries.search import bounded
from jobs.services import bulks

router = Router(tags=["bulk operations"])


class BulkIn(Camel):
    act: str = Field(..., description="retry, cancel, delete, requeue or reprioritise", examples=["retry"])
    q: str = Field("", description="Which jobs, in the words of the search.", examples=["type:stock.import status:dead"])
    priority: int | None = Field(None, description="The new one, to reprioritise.")
    rate: int = Field(500, ge=1, le=5000, description="Jobs a second, at most.")
    dry_run: bool = Field(True, description="Answer how many and which, and do nothing.")


class Preview(Camel):
    count: int
    sample: list[schemas.JobOut]


class BulkOut(Camel):
    id: UUID
    act: str
    q: str
    priority: int | None
    rate: int
    state: str
    total: int
    done: int
    refused: int
    refusals: dict[str, int]
    by: str
    job_id: UUID | None
    undoes_id: UUID | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@router.post("/bulks", response={200: Preview, 202: BulkOut}, by_alias=True)
def start(request: HttpRequest, body: BulkIn) -> Any:
    """Do something to every job of the tenant that matches. `dryRun`, the default, answers the count and a sample instead."""
    tenant = _operator(request)
    if body.act == Bulk.Act.DELETE and person_of(request) and not has(request.user, Role.ADMIN):
        raise NotAllowed("Only an admin deletes jobs.")
    rows = queries.matching(body.act, body.q, tenant, body.priority)
    if body.dry_run:
        with bounded():
            return {"count": rows.count(), "sample": [schemas.job_out(job) for job in rows.order_by("-pk")[: queries.SAMPLE]]}
    made = bulks.start(
        body.act, body.q, rows, by=who(request), user=person_of(request), tenant=tenant, priority=body.priority, rate=body.rate
    )
    return Status(202, made)


@router.get("/bulks", response=list[BulkOut], by_alias=True)
def latest(request: HttpRequest) -> Any:
    """The latest operations, with who asked for them and how far they are."""
    return queries.latest(_operator(request))


@router.get("/bulks/{uuid:number}", response=BulkOut, by_alias=True)
def get(request: HttpRequest, number: UUID) -> Any:
    """One operation."""
    return queries.get(number, _operator(request))


@router.post("/bulks/{uuid:number}/abort", response=BulkOut, by_alias=True)
def abort(request: HttpRequest, number: UUID) -> Any:
    """Stop it where it is; 409 when it has ended."""
    return bulks.abort(queries.get(number, _operator(request)).pk, who(request))


@router.post("/bulks/{uuid:number}/undo", response=BulkOut, by_alias=True)
def undo(request: HttpRequest, number: UUID) -> Any:
    """One that waits never starts. Of a retry, the new jobs that have not started are cancelled, by the operation that is answered."""
    return bulks.undo(queries.get(number, _operator(request)).pk, who(request), person_of(request))


def _operator(request: HttpRequest) -> Tenant:
    return require(request, Scope.OPERATE)
