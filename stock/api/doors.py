"""What every endpoint of the back office asks first, and how it hands a job over."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Status
from pydantic import BaseModel, ValidationError

from jobs.api import waiting
from jobs.api.auth import person_of, require
from jobs.core.errors import InvalidInput
from jobs.core.job_type import fields_of
from jobs.models import Tenant
from jobs.models.tenant import Scope
from stock.services import roles
from stock.warehouse import TEXT as TEXT
from stock.warehouse import Name as Name

Word = Annotated[str, Query(max_length=200, pattern=TEXT)]


def looks(request: HttpRequest, role: str = roles.CLERK) -> Tenant:
    """The tenant, for one who may read and has the role; raises NotAllowed."""
    tenant = require(request, Scope.READ)
    roles.need(request, role)
    return tenant


def acts(request: HttpRequest, role: str) -> Tenant:
    """The tenant, for one who may change things and has the role; raises NotAllowed."""
    tenant = require(request, Scope.SUBMIT)
    roles.need(request, role)
    return tenant


def submit(
    request: HttpRequest,
    response: HttpResponse,
    tenant: Tenant,
    verb: Any,
    kind: type[BaseModel],
    data: dict[str, Any],
    key: str | None = None,
) -> Status[Any]:
    """Submit a job for who asks; 202, or 200 with its end for one who waits. Raises InvalidInput naming the fields."""
    return waiting.answer(request, response, verb.submit(payload(kind, data), tenant=tenant, key=key, submitted_by=person_of(request)))


def payload(kind: type[BaseModel], data: dict[str, Any]) -> Any:
    """The payload; raises InvalidInput naming the fields."""
    try:
        return kind(**data)
    except ValidationError as error:
        raise InvalidInput("The request is not valid.", fields_of(error)) from error


def id_of(request: HttpRequest) -> int | None:
    """The person's, None for a key."""
    return request.user.pk if request.user.is_authenticated else None
