"""What all calls of seats share: whose show it is, and the submission of a job for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from pydantic.alias_generators import to_camel

from jobs.api import waiting
from jobs.api.auth import person_of, require
from jobs.core.errors import InvalidInput, NotFound
from jobs.declare import DeclaredJob
from jobs.models import Tenant
from jobs.models.tenant import Scope
from reservations.models import Booking, SeatMap, Show
from reservations.queries.buyers import buyer_of
from reservations.services import roles
from reservations.services.roles import BOX_OFFICE


def submit(
    request: HttpRequest, response: HttpResponse, job: DeclaredJob[Any, Any], show: Show, data: dict[str, Any], key: str | None = None
) -> Any:
    """Submit the job for the show and answer as the caller waits; raises InvalidPayload."""
    payload = job.type.accept({**data, "show": show.pk})
    return waiting.answer(request, response, job.submit(payload, tenant=show.tenant, key=key, submitted_by=person_of(request)))


def show_of(request: HttpRequest, scope: Scope, show: int) -> Show:
    """A show that buyers see; to the box office drafts too. Raises NotFound, NotAllowed."""
    rows = Show.objects.all() if BOX_OFFICE in roles.of_request(request) else Show.objects.published()
    found = rows.select_related("map__venue", "tenant").filter(tenant=require(request, scope), pk=show).first()
    if found is None:
        raise NotFound(f"There is no show {show}.")
    return found


@contextmanager
def in_camel() -> Iterator[None]:
    """What a service says of fields, by the names that the caller wrote."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(error.detail, {to_camel(name): told for name, told in error.fields.items()}) from None


def hall_of(tenant: Tenant, id: int) -> SeatMap:
    """A hall of the tenant's. Raises NotFound."""
    found = SeatMap.objects.select_related("venue").filter(venue__tenant=tenant, pk=id).first()
    if found is None:
        raise NotFound(f"There is no hall {id}.")
    return found


def booking_of(request: HttpRequest, scope: Scope, booking: UUID) -> Booking:
    """A booking of the caller's; to the box office anybody's. Raises NotFound."""
    rows = Booking.objects.filter(tenant=require(request, scope), pk=booking).select_related("tenant", "show__tenant", "show__map__venue")
    if BOX_OFFICE not in roles.of_request(request):
        rows = rows.filter(buyer=buyer_of(request))
    found = rows.first()
    if found is None:
        raise NotFound("There is no such booking.")
    return found


def actor(request: HttpRequest) -> str:
    """Who asks, as the jobs know it: a buyer, or for the box office nobody in particular, to whom everything answers."""
    return "" if BOX_OFFICE in roles.of_request(request) else buyer_of(request)
