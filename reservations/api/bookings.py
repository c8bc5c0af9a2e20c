"""What was bought, over HTTP: bookings, their tickets, changes to them, and the keys that check a ticket without a network."""

import base64
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from jobs.api import waiting
from jobs.api.auth import require
from jobs.api.schemas import Camel
from jobs.models.tenant import Scope
from reservations import tasks
from reservations.api.guests import BUYERS
from reservations.api.submitting import actor, booking_of, show_of, submit
from reservations.models import Booking, Entry
from reservations.queries import extras, seating
from reservations.queries.buyers import buyer_of
from reservations.services import documents, invitations, roles, signing
from reservations.services.roles import BOX_OFFICE

router = Router(tags=["seats"], auth=BUYERS)


class TicketOut(Camel):
    """`code` is the QR code's text; `short` is typed where it can't be read."""

    id: UUID
    seat: int
    where: str
    price: Decimal
    code: str
    short: str
    entered_at: datetime | None


class BookingOut(Camel):
    id: UUID
    number: str
    show: int
    state: str
    name: str
    email: str
    total: Decimal
    booked_at: datetime
    revision: int


class ExtraOut(Camel):
    """So many of a product of stock; `price` is of one."""

    sku: str
    name: str
    quantity: int
    price: Decimal


class BookingDetail(BookingOut):
    """Only valid tickets, and what was bought beside them."""

    tickets: list[TicketOut]
    extras: list[ExtraOut]


class KeyOut(Camel):
    """An Ed25519 public key, base64url."""

    id: str
    public: str


class CancelIn(Camel):
    reason: str = Field(default="", max_length=200)


class KeepIn(Camel):
    """How many of each extra stay, by SKU; of what is not named all do."""

    keep: dict[str, int] = Field(examples=[{"PROGRAMME": 1}])


class ExchangeIn(Camel):
    """Seats of the booking for those of a hold."""

    give: list[int] = Field(min_length=1, max_length=100)
    hold: UUID


class OverrideIn(Camel):
    seats: list[int] = Field(min_length=1, max_length=1000)
    act: Literal["block", "free"]
    reason: str = Field(min_length=1, max_length=200)


@router.get("/bookings", response=list[BookingOut], by_alias=True)
def bookings(request: HttpRequest, show: int | None = None) -> Any:
    """What the caller has booked, the latest first; to the box office everybody's."""
    rows = Booking.objects.filter(tenant=require(request, Scope.READ))
    if BOX_OFFICE not in roles.of_request(request):
        rows = rows.filter(buyer=buyer_of(request))
    rows = rows.filter(show=show) if show else rows
    return [_out(row) for row in rows[:200]]


@router.get("/bookings/{uuid:booking}", response=BookingDetail, by_alias=True)
def get(request: HttpRequest, booking: UUID) -> Any:
    """A booking with its tickets."""
    row = booking_of(request, Scope.READ, booking)
    rows = list(row.tickets.filter(cancelled_at=None).select_related(*seating.WITH_PLACE))
    entered = dict(Entry.objects.filter(ticket__in=rows).values_list("ticket_id", "at"))
    tickets = [
        {
            "id": ticket.pk,
            "seat": ticket.show_seat_id,
            "where": seating.in_words(seating.described(ticket.show_seat)),
            "price": ticket.price,
            "code": signing.code_of(ticket.pk, row.show_id),
            "short": ticket.short,
            "entered_at": entered.get(ticket.pk),
        }
        for ticket in rows
    ]
    beside = [
        {"sku": line.extra.product.sku, "name": line.extra.product.name, "quantity": line.quantity, "price": line.price}
        for line in extras.of_booking(row)
    ]
    return _out(row) | {"tickets": tickets, "extras": beside}


def _out(row: Booking) -> dict[str, Any]:
    names = ("id", "number", "state", "name", "email", "total", "booked_at", "revision")
    return {name: getattr(row, name) for name in names} | {"show": row.show_id}


FILE = {"responses": {200: {"description": "The file.", "content": {}}}}


@router.get("/bookings/{uuid:booking}/tickets.pdf", openapi_extra=FILE)
def pdf(request: HttpRequest, booking: UUID) -> HttpResponse:
    """The tickets as PDF; 409 when the booking is cancelled."""
    return HttpResponse(bytes(documents.issue(booking_of(request, Scope.READ, booking)).pdf), content_type="application/pdf")


@router.get("/bookings/{uuid:booking}/calendar.ics", openapi_extra=FILE)
def calendar(request: HttpRequest, booking: UUID) -> HttpResponse:
    """The booking as a calendar entry."""
    return HttpResponse(invitations.of(booking_of(request, Scope.READ, booking)), content_type="text/calendar")


@router.get("/tickets/keys", response=list[KeyOut], by_alias=True)
def keys(request: HttpRequest) -> Any:
    """The public keys that check a ticket's code."""
    require(request, Scope.READ)
    return [{"id": id, "public": base64.urlsafe_b64encode(public).decode().rstrip("=")} for id, public in signing.public_keys().items()]


@router.post("/bookings/{uuid:booking}/cancel", response=waiting.RESPONSES, by_alias=True)
def cancel(request: HttpRequest, response: HttpResponse, booking: UUID, body: CancelIn) -> Any:
    """Give a booking back."""
    row = booking_of(request, Scope.SUBMIT, booking)
    return submit(request, response, tasks.cancel, row.show, {"booking": row.pk, "buyer": actor(request), "reason": body.reason})


@router.post("/bookings/{uuid:booking}/extras", response=waiting.RESPONSES, by_alias=True)
def give_back(request: HttpRequest, response: HttpResponse, booking: UUID, body: KeepIn) -> Any:
    """Give extras of a booking back, and keep its seats; the same as of seats, until it is too late."""
    row = booking_of(request, Scope.SUBMIT, booking)
    return submit(request, response, tasks.give_back, row.show, {"booking": row.pk, "buyer": actor(request), **body.model_dump()})


@router.post("/bookings/{uuid:booking}/exchange", response=waiting.RESPONSES, by_alias=True)
def exchange(request: HttpRequest, response: HttpResponse, booking: UUID, body: ExchangeIn) -> Any:
    """Seats of a booking for those of a hold, in one step."""
    row = booking_of(request, Scope.SUBMIT, booking)
    return submit(request, response, tasks.exchange, row.show, {"booking": row.pk, "buyer": actor(request), **body.model_dump()})


@router.post("/shows/{int:show}/overrides", response=waiting.RESPONSES, by_alias=True)
def override(request: HttpRequest, response: HttpResponse, show: int, body: OverrideIn) -> Any:
    """Take seats out of the sale, or put them back whatever they were; for the box office, with a reason."""
    found = show_of(request, Scope.SUBMIT, show)
    roles.need(request, BOX_OFFICE)
    user = request.user.pk if request.user.is_authenticated else None
    return submit(request, response, tasks.override, found, body.model_dump() | {"user": user})
