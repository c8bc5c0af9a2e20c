"""The waiting room over HTTP: take a place, ask where one is."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from jobs.api.schemas import Camel
from jobs.core.errors import NotFound
from jobs.models.tenant import Scope
from reservations.api.guests import BUYERS
from reservations.api.submitting import show_of
from reservations.queries.buyers import buyer_of
from reservations.services import waiting_room

router = Router(tags=["seats"], auth=BUYERS)


class StandingOut(Camel):
    """`state`: closed, early, waiting or admitted. `seconds` until the turn, null where nobody can tell. `until`: the admission's end."""

    state: str
    ahead: int
    seconds: float | None
    until: datetime | None
    free: int


@router.post("/shows/{int:show}/room", response=StandingOut, by_alias=True)
def arrive(request: HttpRequest, show: int) -> Any:
    """Take a place in the waiting room, or see where one's own is; ask again every few seconds: who is not seen is passed over."""
    found = show_of(request, Scope.SUBMIT, show)
    if not found.waiting_room:
        raise NotFound("This show has no waiting room.")
    return waiting_room.arrive(found, buyer_of(request))
