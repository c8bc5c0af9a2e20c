"""The waiting list over HTTP: join, look, leave."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from jobs.api import waiting
from jobs.api.schemas import Camel
from jobs.models.tenant import Scope
from reservations import tasks
from reservations.api.guests import BUYERS
from reservations.api.submitting import actor, show_of, submit
from reservations.models import WaitingEntry
from reservations.queries.buyers import buyer_of
from reservations.services import roles, waiting_list
from reservations.services.roles import BOX_OFFICE

router = Router(tags=["seats"], auth=BUYERS)


class JoinIn(Camel):
    name: tasks.Name
    email: tasks.Email
    size: int = Field(ge=1, le=20)
    zones: list[int] = Field(default=[], max_length=100)
    together: bool = True
    accessible: int = Field(default=0, ge=0, le=20)


class EntryOut(Camel):
    """`ahead`: how many are looked at before it. `hold`: what it is offered."""

    id: UUID
    name: str
    email: str
    size: int
    zones: list[int]
    together: bool
    accessible: int
    state: str
    ahead: int
    hold: UUID | None
    offers: int
    joined_at: datetime


@router.post("/shows/{int:show}/waiting", response=waiting.RESPONSES, by_alias=True)
def join(request: HttpRequest, response: HttpResponse, show: int, body: JoinIn) -> Any:
    """Wait for seats that come back."""
    found = show_of(request, Scope.SUBMIT, show)
    user = request.user.pk if request.user.is_authenticated else None
    return submit(request, response, tasks.join_waiting, found, body.model_dump() | {"buyer": buyer_of(request), "user": user})


@router.get("/shows/{int:show}/waiting", response=list[EntryOut], by_alias=True)
def entries(request: HttpRequest, show: int) -> Any:
    """The caller's entries; to the box office the whole list, the first first."""
    rows = WaitingEntry.objects.filter(show=show_of(request, Scope.READ, show))
    if BOX_OFFICE not in roles.of_request(request):
        rows = rows.filter(buyer=buyer_of(request))
    return [_out(row) for row in rows[:500]]


def _out(row: WaitingEntry) -> dict[str, Any]:
    names = ("id", "name", "email", "size", "zones", "together", "accessible", "state", "offers", "joined_at")
    return {name: getattr(row, name) for name in names} | {"ahead": waiting_list.ahead_of(row), "hold": row.offer_id}


@router.post("/shows/{int:show}/waiting/{uuid:entry}/leave", response=waiting.RESPONSES, by_alias=True)
def leave(request: HttpRequest, response: HttpResponse, show: int, entry: UUID) -> Any:
    """Wait no more; an offer that stands is given back."""
    return submit(request, response, tasks.leave_waiting, show_of(request, Scope.SUBMIT, show), {"entry": entry, "buyer": actor(request)})
