"""Waiting for seats that come back: join, look where one is, leave; and the whole list for the box office."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from pydantic import ValidationError

from reservations import tasks
from reservations.models import Show, WaitingEntry
from reservations.queries.buyers import buyer_of
from reservations.services import roles, waiting_list
from reservations.services.roles import BOX_OFFICE
from reservations.web import mine
from reservations.web.access import box_office
from reservations.web.asking import ask
from reservations.web.shows import the_show

OPEN = (WaitingEntry.State.WAITING, WaitingEntry.State.OFFERED)


@mine.remembering
@require_http_methods(["GET", "POST"])
def waiting(request: HttpRequest, show_id: int) -> HttpResponse:
    """My place on the list, or the form to join it."""
    show = the_show(request, show_id)
    if request.method == "POST":
        return _join(request, show)
    return _page(request, show, {"name": "", "email": getattr(request.user, "email", ""), "size": 2}, "")


def _join(request: HttpRequest, show: Show) -> HttpResponse:
    filled: dict[str, Any] = {name: request.POST.get(name, "").strip() for name in ("name", "email", "size")}
    party = {"zones": [z for z in request.POST.getlist("zone") if z], "together": "together" in request.POST}
    who = {"show": show.pk, "buyer": buyer_of(request), "user": request.user.pk, "accessible": int("accessible" in request.POST)}
    try:
        payload = tasks.JoinWaiting.model_validate(filled | party | who)
    except ValidationError:
        return _page(request, show, filled, "Give a name, an e-mail address, and how many you are: 1 to 20.")
    said = ask(request, tasks.join_waiting, payload, show.tenant)
    if said["outcome"] == "refused":
        messages.error(request, said["message"])
    return redirect("show" if said.get("code") == "seats_free" else "waiting", show.pk)


def _page(request: HttpRequest, show: Show, filled: dict[str, Any], wrong: str) -> HttpResponse:
    known = mine.entries(request).filter(show=show).select_related("offer")
    entries = [{"row": row, "ahead": waiting_list.ahead_of(row)} for row in known.filter(state__in=OPEN)]
    ran_out = None if entries else known.filter(state=WaitingEntry.State.LEFT, offers__gte=waiting_list.LAST).last()
    minutes = round(show.offer_for.total_seconds() / 60)
    words: dict[str, Any] = {
        "show": show,
        "minutes": minutes,
        "entries": entries,
        "ran_out": ran_out,
        "zones": show.zones.all(),
        "filled": filled,
        "wrong": wrong,
        "staff": _staff(request),
    }
    return render(request, "seats/waiting.html", words, status=422 if wrong else 200)


def _staff(request: HttpRequest) -> bool:
    return BOX_OFFICE in roles.groups_of(request.user)


@require_POST
def leave(request: HttpRequest, show_id: int, entry_id: UUID) -> HttpResponse:
    show = the_show(request, show_id)
    from_list = "list" in request.POST and _staff(request)
    row = None if from_list else get_object_or_404(mine.entries(request), show=show, pk=entry_id)
    payload = tasks.LeaveWaiting(show=show.pk, entry=entry_id, buyer=row.buyer if row else "")
    said = ask(request, tasks.leave_waiting, payload, show.tenant)
    if said["outcome"] == "left":
        messages.success(request, "Taken off the list." if from_list else "You wait no more.")
    else:
        messages.error(request, said["message"])
    return redirect("waiting-list" if from_list else "waiting", show.pk)


@box_office
@require_GET
def everyone(request: HttpRequest, show_id: int) -> HttpResponse:
    """All who wait, for the box office."""
    show = the_show(request, show_id)
    rows = WaitingEntry.objects.filter(show=show).select_related("offer")
    names = dict(show.zones.values_list("pk", "name"))
    entries = [{"row": row, "zones": ", ".join(names.get(z, "?") for z in row.zones) or "any"} for row in rows[:500]]
    return render(request, "seats/waiting_list.html", {"show": show, "entries": entries})
