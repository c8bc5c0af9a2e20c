"""What the box office does, over HTTP: houses and their halls, a show from its draft to its end."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse
from ninja import Body, Router, Status
from pydantic import AfterValidator, AwareDatetime, Field

from jobs.api import waiting
from jobs.api.auth import require
from jobs.api.schemas import Camel
from jobs.core.errors import Conflict, InvalidInput, NotFound
from jobs.models import Tenant
from jobs.models.tenant import Scope
from reservations import tasks
from reservations.api.shows import ShowOut, ZoneOut
from reservations.api.submitting import hall_of, in_camel, show_of, submit
from reservations.core import pretix
from reservations.models import Show, Venue, Zone
from reservations.queries import selling
from reservations.services import roles, seat_maps, shows
from reservations.services.roles import BOX_OFFICE

router = Router(tags=["box office"])


def _a_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("A time zone is like Europe/Berlin.")
    return name


class VenueIn(Camel):
    name: str = Field(min_length=1, max_length=120)
    address: str = Field(default="", max_length=200)
    city: str = Field(default="", max_length=80)
    time_zone: Annotated[str, AfterValidator(_a_zone)] = "UTC"


class VenueOut(Camel):
    id: int
    name: str
    address: str
    city: str
    time_zone: str


class MapOut(Camel):
    """`frozenAt`: since when a show uses it; it is never changed then."""

    id: int
    name: str
    version: int
    frozen_at: datetime | None


class NewZone(Camel):
    name: str = Field(min_length=1, max_length=60)
    price: Decimal = Field(ge=0, max_digits=10, decimal_places=2)
    colour: str = Field(default="#3366cc", pattern="^#[0-9a-fA-F]{6}$")


class NewShow(Camel):
    """All seats are in the first zone until they are painted."""

    name: str = Field(min_length=1, max_length=120)
    description: str = Field(default="", max_length=10_000)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    on_sale_from: AwareDatetime
    on_sale_until: AwareDatetime
    limit_per_buyer: int = Field(default=10, ge=1, le=100)
    waiting_room: bool = False
    zones: list[NewZone] = Field(min_length=1, max_length=50)


class PaintIn(Camel):
    zone: int
    seats: list[int] = Field(min_length=1, max_length=60_000)


class PaintedOut(Camel):
    painted: int


class CancelShowIn(Camel):
    reason: str = Field(min_length=1, max_length=200)


class SalesOut(Camel):
    seats: int
    sold: int
    held: int
    blocked: int
    free: int
    revenue: Decimal


@router.get("/venues", response=list[VenueOut], by_alias=True)
def venues(request: HttpRequest) -> Any:
    """The houses."""
    return Venue.objects.filter(tenant=_office(request, Scope.READ))[:500]


@router.post("/venues", response={201: VenueOut}, by_alias=True)
def add_venue(request: HttpRequest, body: VenueIn) -> Any:
    """A new house; 409 where one of that name is there."""
    tenant = _office(request, Scope.SUBMIT)
    made, new = Venue.objects.get_or_create(tenant=tenant, name=body.name, defaults=body.model_dump(exclude={"name"}))
    if not new:
        raise Conflict(f"There is a house called {body.name} already.")
    return Status(201, made)


@router.get("/venues/{int:venue}/maps", response=list[MapOut], by_alias=True)
def maps(request: HttpRequest, venue: int) -> Any:
    """The halls of a house, the newest version first."""
    return _venue(_office(request, Scope.READ), venue).maps.all()


@router.post("/venues/{int:venue}/maps", response={201: MapOut}, by_alias=True)
def add_map(request: HttpRequest, venue: int, body: Body[dict[str, Any]]) -> Any:
    """A seating plan of pretix' as the next version of the hall of its name."""
    found = _venue(_office(request, Scope.SUBMIT), venue)
    try:
        return Status(201, seat_maps.create(found, pretix.load(body)))
    except pretix.NotAPlan as error:
        raise InvalidInput(str(error)) from None


@router.get("/maps/{int:map}", response=dict[str, Any])
def get_map(request: HttpRequest, map: int) -> Any:
    """A hall as a seating plan of pretix'."""
    return pretix.dump(seat_maps.drawing_of(hall_of(_office(request, Scope.READ), map)))


@router.post("/maps/{int:map}/shows", response={201: ShowOut}, by_alias=True)
def add_show(request: HttpRequest, map: int, body: NewShow) -> Any:
    """A draft of a show in that hall."""
    tenant = _office(request, Scope.SUBMIT)
    if len({zone.name for zone in body.zones}) < len(body.zones):
        raise InvalidInput("Each zone has a name of its own.")
    zones = [Zone(**zone.model_dump()) for zone in body.zones]
    with in_camel():
        return Status(201, shows.create(tenant, hall_of(tenant, map), zones, **body.model_dump(exclude={"zones"})))


@router.post("/shows/{int:show}/zones", response={201: ZoneOut}, by_alias=True)
def add_zone(request: HttpRequest, show: int, body: NewZone) -> Any:
    """Another price."""
    found = _show(request, Scope.SUBMIT, show)
    made, new = Zone.objects.get_or_create(
        show=found, name=body.name, defaults={"number": found.zones.count(), "price": body.price, "colour": body.colour}
    )
    if not new:
        raise Conflict(f"There is a price called {body.name} already.")
    return Status(201, made)


@router.post("/shows/{int:show}/paint", response=PaintedOut, by_alias=True)
def paint(request: HttpRequest, show: int, body: PaintIn) -> Any:
    """Put seats into a price; 409 where one is held or booked at another."""
    found = _show(request, Scope.SUBMIT, show)
    zone = found.zones.filter(pk=body.zone).first()
    if zone is None:
        raise NotFound(f"The show has no zone {body.zone}.")
    return {"painted": shows.paint(found, zone, body.seats)}


@router.post("/shows/{int:show}/publish", response=ShowOut, by_alias=True)
def publish(request: HttpRequest, show: int) -> Any:
    """Let buyers see it; 409 where it is no draft."""
    found = _show(request, Scope.SUBMIT, show)
    shows.publish(found)
    found.refresh_from_db()
    return found


@router.post("/shows/{int:show}/cancel", response=waiting.RESPONSES, by_alias=True)
def cancel(request: HttpRequest, response: HttpResponse, show: int, body: CancelShowIn) -> Any:
    """Call it off: every booking is given back, everybody is told."""
    return submit(request, response, tasks.cancel_show, _show(request, Scope.SUBMIT, show), body.model_dump())


@router.get("/shows/{int:show}/sales", response=SalesOut, by_alias=True)
def sales(request: HttpRequest, show: int) -> Any:
    """How it sells."""
    ((_, figures),) = selling.with_sales([_show(request, Scope.READ, show)])
    return figures


def _office(request: HttpRequest, scope: Scope) -> Tenant:
    tenant = require(request, scope)
    roles.need(request, BOX_OFFICE)
    return tenant


def _show(request: HttpRequest, scope: Scope, show: int) -> Show:
    _office(request, scope)
    return show_of(request, scope, show)


def _venue(tenant: Tenant, id: int) -> Venue:
    found = Venue.objects.filter(tenant=tenant, pk=id).first()
    if found is None:
        raise NotFound(f"There is no house {id}.")
    return found
