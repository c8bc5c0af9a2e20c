"""The door over HTTP: the list to take along, check-in one by one, and what was done without a network."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from jobs.api.schemas import Camel
from jobs.models.tenant import Scope
from reservations.api.submitting import show_of
from reservations.models import Show
from reservations.queries import door as queries
from reservations.services import door, roles
from reservations.services.door import Scan
from reservations.services.roles import DOOR

router = Router(tags=["seats"])


class ScanIn(Camel):
    """`reference` is the door's own: sent again, the same answer comes. `at`: when it was."""

    code: str = Field(min_length=1, max_length=300)
    reference: str = Field(default="", max_length=60)
    at: datetime | None = None
    door: str = Field(default="", max_length=60)


class LetInIn(ScanIn):
    """Somebody who is inside already: told again, it is the same entry by its reference."""

    reference: str = Field(min_length=1, max_length=60)
    at: datetime


class SyncIn(Camel):
    """The first first."""

    entries: list[LetInIn] = Field(max_length=1000)


class AnswerOut(Camel):
    """`outcome`: entered, refused, or doubled: inside though the ticket was used or void.

    `beside`: what the booking has beside its seats, to be handed out.
    """

    outcome: str
    code: str
    message: str
    reference: str
    ticket: UUID | None
    where: str
    name: str
    at: datetime | None
    beside: str


class ListedTicket(Camel):
    short: str
    where: str
    name: str
    beside: str
    void: bool
    entered_at: datetime | None


class DoorList(Camel):
    """`keys`: Ed25519 public keys in base64, by id. `tickets` by id."""

    show: int
    name: str
    keys: dict[str, str]
    tickets: dict[str, ListedTicket]


class CountsOut(Camel):
    entered: int
    sold: int
    doubled: int


@router.get("/shows/{int:show}/door", response=DoorList, by_alias=True)
def listed(request: HttpRequest, show: int) -> Any:
    """What a door needs to check tickets without a network."""
    return queries.list_of(_show(request, Scope.READ, show))


@router.get("/shows/{int:show}/door/counts", response=CountsOut, by_alias=True)
def counts(request: HttpRequest, show: int) -> Any:
    """How many are in."""
    return queries.counts_of(_show(request, Scope.READ, show))


@router.post("/shows/{int:show}/entries", response={200: AnswerOut, 201: AnswerOut}, by_alias=True)
def enter(request: HttpRequest, show: int, body: ScanIn) -> Any:
    """Let someone in: 201, or 200 with why not."""
    answer = door.check_in(_show(request, Scope.SUBMIT, show), _scan(request, body, let_in=False))
    return Status(201 if answer.outcome == "entered" else 200, asdict(answer))


@router.post("/shows/{int:show}/entries/sync", response=list[AnswerOut], by_alias=True)
def sync(request: HttpRequest, show: int, body: SyncIn) -> Any:
    """Tell who was let in without a network; double entries are found and answered. May be sent again."""
    found = _show(request, Scope.SUBMIT, show)
    return [asdict(answer) for answer in door.sync(found, [_scan(request, entry, let_in=True) for entry in body.entries])]


def _scan(request: HttpRequest, body: ScanIn, *, let_in: bool) -> Scan:
    user = request.user.pk if request.user.is_authenticated else None
    return Scan(body.code, body.reference, body.at, body.door, let_in, user)


def _show(request: HttpRequest, scope: Scope, show: int) -> Show:
    found = show_of(request, scope, show)
    roles.need(request, DOOR)
    return found
