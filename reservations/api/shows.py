"""Shows, holds and bookings over HTTP. Each verb is a job: with `Prefer: wait=N` the finished job, its result the answer."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Header, Router
from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.alias_generators import to_camel

from jobs.api import waiting
from jobs.api.auth import require
from jobs.api.schemas import Camel
from jobs.core.errors import NotFound
from jobs.declare import DeclaredJob
from jobs.models.tenant import Scope
from reservations import tasks
from reservations.api.guests import BUYERS
from reservations.api.submitting import hall_of, in_camel, show_of, submit
from reservations.models import Show
from reservations.queries import seating
from reservations.queries.buyers import buyer_of
from reservations.services import roles
from reservations.services import shows as services
from reservations.services.roles import BOX_OFFICE

router = Router(tags=["seats"], auth=BUYERS)
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]


class ShowOut(Camel):
    """`map` is its hall; `onSale`: whether seats are sold at this moment."""

    id: int
    map: int
    name: str
    description: str
    state: str
    doors_at: datetime | None
    starts_at: datetime
    ends_at: datetime
    on_sale_from: datetime
    on_sale_until: datetime
    on_sale: bool
    cancel_until: datetime | None
    currency: str
    limit_per_buyer: int
    hold_for: timedelta
    hold_ceiling: timedelta
    offer_for: timedelta
    no_single_seats: bool
    waiting_room: bool

    @staticmethod
    def resolve_map(show: Show) -> int:
        return show.map_id

    @staticmethod
    def resolve_on_sale(show: Show) -> bool:
        return show.on_sale()


class ShowIn(Camel):
    """What is named changes; `doorsAt` and `cancelUntil` may be null.

    A moment tells its offset from UTC; a duration is in seconds or like PT10M. `map`, another hall, is taken of a draft only; it and
    `currency` as long as no seat was held or sold.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")
    map: int | None = None
    name: str | None = Field(default=None, min_length=1, max_length=120)
    description: str = Field(default="", max_length=10_000)
    doors_at: AwareDatetime | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    on_sale_from: AwareDatetime | None = None
    on_sale_until: AwareDatetime | None = None
    cancel_until: AwareDatetime | None = None
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    limit_per_buyer: int | None = Field(default=None, ge=1, le=100)
    hold_for: timedelta | None = None
    hold_ceiling: timedelta | None = None
    offer_for: timedelta | None = None
    no_single_seats: bool | None = None
    waiting_room: bool | None = None


class HoldIn(Camel):
    seats: list[int] = Field(default=[], max_length=100)
    best: tasks.Best | None = None
    hold: UUID | None = None
    draft: bool = False
    accessible: bool = False
    exchanges: UUID | None = None


class ReleaseIn(Camel):
    seats: list[int] | None = Field(default=None, max_length=100)


class ConfirmIn(Camel):
    name: tasks.Name
    email: tasks.Email


@router.get("/shows", response=list[ShowOut], by_alias=True)
def shows(request: HttpRequest) -> Any:
    """The shows that buyers see, the next first."""
    return Show.objects.published().filter(tenant=require(request, Scope.READ))[:200]


@router.get("/shows/{int:show}", response=dict[str, Any])
def get(request: HttpRequest, show: int) -> Any:
    """Everything that a seat map draws, with what is taken now."""
    return seating.map_of(show_of(request, Scope.READ, show))


@router.patch("/shows/{int:show}", response=ShowOut, by_alias=True)
def change(request: HttpRequest, show: int, body: ShowIn) -> Any:
    """Other words, times and rules; for the box office. 409 `show_fixed` where buyers go by it, `invalid_state` of a cancelled show."""
    found = show_of(request, Scope.SUBMIT, show)
    roles.need(request, BOX_OFFICE)
    fields = body.model_dump(exclude_unset=True)
    if "map" in fields:
        fields["map"] = hall_of(found.tenant, fields["map"])
    with in_camel():
        return services.change(found, **fields)


@router.post("/shows/{int:show}/holds", response=waiting.RESPONSES, by_alias=True)
def hold(request: HttpRequest, response: HttpResponse, show: int, body: HoldIn, key: Key = None) -> Any:
    """Hold seats, or the best that fit; all of them or none."""
    user = request.user.pk if request.user.is_authenticated else None
    return _ask(request, response, tasks.hold, show, body.model_dump() | {"user": user}, key)


@router.post("/shows/{int:show}/holds/{uuid:hold}/release", response=waiting.RESPONSES, by_alias=True)
def release(request: HttpRequest, response: HttpResponse, show: int, hold: UUID, body: ReleaseIn) -> Any:
    """Let go of a hold, or of some of its seats."""
    return _ask(request, response, tasks.release, show, body.model_dump() | {"hold": hold})


@router.post("/shows/{int:show}/holds/{uuid:hold}/extend", response=waiting.RESPONSES, by_alias=True)
def extend(request: HttpRequest, response: HttpResponse, show: int, hold: UUID) -> Any:
    """Keep a hold for longer, up to its ceiling."""
    return _ask(request, response, tasks.extend, show, {"hold": hold})


@router.post("/shows/{int:show}/holds/{uuid:hold}/confirm", response=waiting.RESPONSES, by_alias=True)
def confirm(request: HttpRequest, response: HttpResponse, show: int, hold: UUID, body: ConfirmIn) -> Any:
    """Book what is held."""
    return _ask(request, response, tasks.confirm, show, body.model_dump() | {"hold": hold})


class ZoneIn(Camel):
    """What is named changes."""

    name: str | None = Field(default=None, min_length=1, max_length=60)
    price: Decimal | None = Field(default=None, ge=0, max_digits=10, decimal_places=2)
    colour: str | None = Field(default=None, pattern="^#[0-9a-fA-F]{6}$")


class ZoneOut(Camel):
    id: int
    name: str
    price: Decimal
    colour: str


@router.patch("/shows/{int:show}/zones/{int:zone}", response=ZoneOut, by_alias=True)
def change_zone(request: HttpRequest, show: int, zone: int, body: ZoneIn) -> Any:
    """Another price, name or colour for what is sold from now on; for the box office. Who holds a seat pays what they saw."""
    found = show_of(request, Scope.SUBMIT, show).zones.filter(pk=zone).first()
    roles.need(request, BOX_OFFICE)
    if found is None:
        raise NotFound(f"The show has no zone {zone}.")
    services.change_zone(found, body.name or found.name, found.price if body.price is None else body.price, body.colour or found.colour)
    return found


def _ask(
    request: HttpRequest, response: HttpResponse, job: DeclaredJob[Any, Any], show: int, data: dict[str, Any], key: str | None = None
) -> Any:
    return submit(request, response, job, show_of(request, Scope.SUBMIT, show), {**data, "buyer": buyer_of(request)}, key)
