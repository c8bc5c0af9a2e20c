"""Failures that are one and the same, over HTTP: those that the tenant's jobs had."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from jobs.api import waiting
from jobs.api.auth import person_of, require, who
from jobs.api.schemas import Camel
from jobs.models.tenant import Scope
from jobs.queries import failures as queries
from jobs.services import failures

router = Router(tags=["failures"])


class FailureOut(Camel):
    id: str
    type: str
    error: str
    where: str
    state: str
    attempts: int
    dead: int
    first_seen: datetime
    last_seen: datetime
    canary_id: UUID | None


@router.get("/failures", response=list[FailureOut], by_alias=True)
def search(request: HttpRequest, state: str = "open", type: str = "") -> Any:
    """Grouped by job type, exception and place, the last seen first; `state` is open, new, known, regressed or resolved."""
    return list(queries.search(state, type, require(request, Scope.OPERATE))[: queries.MOST])


@router.post("/failures/{id}/resolve", response=FailureOut, by_alias=True)
def resolve(request: HttpRequest, id: str) -> Any:
    """It is mended; seen again, it comes back as a regression. 409 when it is resolved already."""
    tenant = require(request, Scope.OPERATE)
    failures.resolve(queries.get(id, tenant), who(request))
    return queries.get(id, tenant)


@router.post("/failures/{id}/canary", response=waiting.RESPONSES, by_alias=True)
def canary(request: HttpRequest, response: HttpResponse, id: str) -> Any:
    """Try its newest dead job again; for the rest there is `POST /api/bulks` with `q=failure:ID status:dead`."""
    tenant = require(request, Scope.OPERATE)
    made = failures.send_canary(queries.get(id, tenant), tenant, submitted_by=person_of(request))
    return waiting.answer(request, response, made)
