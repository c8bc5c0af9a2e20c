"""The waiting room's page, and the door that leads there: a signed cookie keeps the place of who is not signed in."""

import uuid
from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from reservations.models import Show
from reservations.queries.buyers import buyer_of
from reservations.services import waiting_room
from reservations.web.shows import the_show

COOKIE, KEPT = "seats_visitor", 86_400
View = Callable[..., HttpResponseBase]


def through_the_room(view: View) -> View:
    """For a view of a show: who is not let in yet goes to the waiting room."""

    @wraps(view)
    def guarded(request: HttpRequest, show_id: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        show = the_show(request, show_id)
        if show.waiting_room and show.on_sale(timezone.now()) and not waiting_room.is_admitted(show, visitor_of(request)):
            return redirect("waiting-room", show.pk)
        return view(request, show_id, *args, **kwargs)

    return guarded


def visitor_of(request: HttpRequest) -> str:
    """The buyer, or who the cookie says; nobody without one."""
    return buyer_of(request) if request.user.is_authenticated else _cookie(request)


def _cookie(request: HttpRequest) -> str:
    value = request.get_signed_cookie(COOKIE, default="", salt=COOKIE, max_age=KEPT)
    return f"visitor:{value}" if value else ""


@never_cache
@require_GET
def room(request: HttpRequest, show_id: int) -> HttpResponse:
    """Where I am; it asks again by itself, with and without scripts."""
    show = the_show(request, show_id)
    if not show.waiting_room:
        return redirect("show", show.pk)
    fresh = "" if request.user.is_authenticated or _cookie(request) else uuid.uuid4().hex
    _move_in(request, show)
    standing = waiting_room.arrive(show, visitor_of(request) or f"visitor:{fresh}")
    if standing.state == "admitted" and not request.htmx:  # type: ignore[attr-defined]
        return redirect("show", show.pk)
    minutes = ceil(standing.seconds / 60) if standing.seconds is not None else None
    words = {"show": show, "standing": standing, "minutes": minutes, "position": standing.ahead + 1, "now": timezone.now()}
    answer = render(request, "seats/room_live.html" if request.htmx else "seats/room.html", words)  # type: ignore[attr-defined]
    if fresh:
        answer.set_signed_cookie(COOKIE, fresh, salt=COOKIE, max_age=KEPT, httponly=True, samesite="Lax", secure=request.is_secure())
    if standing.state == "admitted":
        answer["HX-Redirect"] = reverse("show", args=[show.pk])
    return answer


def _move_in(request: HttpRequest, show: Show) -> None:
    """Who waited before signing in keeps the place."""
    if request.user.is_authenticated and (old := _cookie(request)):
        waiting_room.move(show, old, buyer_of(request))
