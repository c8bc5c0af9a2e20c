"""What whoever asks may open: their own by account or by cookie, and what a link from a mail opened in this session."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase

from reservations.models import Booking, Hold, Ticket, WaitingEntry
from reservations.queries import buyers

View = Callable[..., HttpResponseBase]
OPENED, MOST = "seats_opened", 50


def remembering(view: View) -> View:
    """For a view where somebody may begin to buy: a browser that is new gets its cookie."""

    @wraps(view)
    def remembered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        buyers.remember(request, response)
        return response

    return remembered


def open_for(request: HttpRequest, kind: str, id: UUID) -> None:
    """From here on this session may open it; `kind` is booking or entry."""
    opened = [*(one for one in request.session.get(OPENED, []) if one != [kind, str(id)]), [kind, str(id)]]
    request.session[OPENED] = opened[-MOST:]


def _opened(request: HttpRequest, kind: str) -> list[str]:
    return [id for of, id in request.session.get(OPENED, []) if of == kind]


def _mine(request: HttpRequest, kind: str, path: str = "") -> Q:
    """A guest's link is worth nothing any more once its booking belongs to an account."""
    opened = Q(**{f"{path}pk__in": _opened(request, kind), f"{path}owner": None})
    buyer = buyers.known_buyer_of(request)
    return opened | Q(**{f"{path}buyer": buyer}) if buyer else opened


def bookings(request: HttpRequest) -> QuerySet[Booking]:
    return Booking.objects.filter(_mine(request, "booking"))


def tickets(request: HttpRequest) -> QuerySet[Ticket]:
    return Ticket.objects.filter(_mine(request, "booking", "booking__"))


def entries(request: HttpRequest) -> QuerySet[WaitingEntry]:
    return WaitingEntry.objects.filter(_mine(request, "entry"))


def holds(request: HttpRequest) -> QuerySet[Hold]:
    """Those made here, and what one's place on a waiting list is offered."""
    return Hold.objects.filter(Q(pk__in=entries(request).values("offer")) | Q(buyer=buyers.known_buyer_of(request)) & ~Q(buyer=""))
