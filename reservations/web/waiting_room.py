"""The waiting room's page, and the door that leads there: a place is the buyer's, signed in or not."""

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

from reservations.queries.buyers import buyer_of, known_buyer_of
from reservations.services import waiting_room
from reservations.web import mine
from reservations.web.shows import the_show

View = Callable[..., HttpResponseBase]


def through_the_room(view: View) -> View:
    """For a view of a show: who is not let in yet goes to the waiting room."""

    @wraps(view)
    def guarded(request: HttpRequest, show_id: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        show = the_show(request, show_id)
        if show.waiting_room and show.on_sale(timezone.now()) and not waiting_room.is_admitted(show, known_buyer_of(request)):
            return redirect("waiting-room", show.pk)
        return view(request, show_id, *args, **kwargs)

    return guarded


@never_cache
@mine.remembering
@require_GET
def room(request: HttpRequest, show_id: int) -> HttpResponse:
    """Where I am; it asks again by itself, with and without scripts."""
    show = the_show(request, show_id)
    if not show.waiting_room:
        return redirect("show", show.pk)
    standing = waiting_room.arrive(show, buyer_of(request))
    if standing.state == "admitted" and not request.htmx:  # type: ignore[attr-defined]
        return redirect("show", show.pk)
    minutes = ceil(standing.seconds / 60) if standing.seconds is not None else None
    words = {"show": show, "standing": standing, "minutes": minutes, "position": standing.ahead + 1, "now": timezone.now()}
    answer = render(request, "seats/room_live.html" if request.htmx else "seats/room.html", words)  # type: ignore[attr-defined]
    if standing.state == "admitted":
        answer["HX-Redirect"] = reverse("show", args=[show.pk])
    return answer
