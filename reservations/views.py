"""Buying seats: shows, a show's map and list, a hold with its countdown, bookings."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from pydantic import ValidationError

from jobs.api import waiting
from jobs.core.errors import InvalidPayload
from jobs.core.states import State
from jobs.models import Job
from jobs.services import tenants
from reservations import tasks
from reservations.models import Booking, Hold, Show
from reservations.queries import seating
from reservations.queries.buyers import buyer_of

PATIENCE = 5.0
TROUBLE = {"code": "failed", "message": "That did not work. Nothing is held; try it again."}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    shows = Show.objects.published().filter(tenant=tenants.of_user(request.user), ends_at__gt=timezone.now()).select_related("map__venue")
    return render(request, "seats/shows.html", {"shows": shows})


@require_GET
def show(request: HttpRequest, show_id: int) -> HttpResponse:
    """The map, and the same seats as a list that needs no script."""
    row = _show(request, show_id)
    seats = seating.map_of(row)
    words = {"show": row, "map": seats, "sections": _listed(seats), "on_sale": row.on_sale(), "hold": _open_hold(request, row)}
    return render(request, "seats/show.html", words)


def _show(request: HttpRequest, show_id: int) -> Show:
    rows = Show.objects.published().filter(tenant=tenants.of_user(request.user)).select_related("map__venue", "tenant")
    return get_object_or_404(rows, pk=show_id)


def _listed(seats: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of free and taken seats in words, by section."""
    zones = {zone["id"]: zone for zone in seats["zones"]}
    sections: dict[str, dict[int, dict[str, Any]]] = {}
    for id, section, row, _, _, label, _, _, kind, zone in seats["seats"]:
        name = seats["sections"][section]
        line = sections.setdefault(name, {}).setdefault(row, {"label": seats["rows"][row]["label"], "zone": zones[zone], "seats": []})
        line["seats"].append({"id": id, "label": label, "kind": kind, "status": seats["status"].get(id, "free")})
    return [{"name": name, "rows": list(rows.values())} for name, rows in sections.items()]


def _open_hold(request: HttpRequest, row: Show) -> Hold | None:
    if not request.user.is_authenticated:
        return None
    return Hold.objects.filter(show=row, buyer=buyer_of(request), state=Hold.State.ACTIVE, expires_at__gt=timezone.now()).first()


@login_required
@require_POST
def hold(request: HttpRequest, show_id: int) -> HttpResponse:
    """Hold the chosen seats, or the best that fit."""
    row = _show(request, show_id)
    try:
        payload = _wanted(request, row)
    except (ValidationError, ValueError):
        messages.error(request, "Choose at least one seat, or say how many.")
        return redirect("show", row.pk)
    said = _ask(request, tasks.hold.submit(payload, tenant=row.tenant, submitted_by=request.user))
    if said.get("outcome") == "held":
        return redirect("hold", said["hold"])
    messages.error(request, said["message"])
    if said.get("alternative"):
        found = ", ".join(f"row {s['row']} seat {s['label']}" for s in seating.of_seats(said["alternative"]))
        messages.info(request, f"Free instead: {found}.")
    return redirect("show", row.pk)


def _wanted(request: HttpRequest, row: Show) -> tasks.Hold:
    asked = {"show": row.pk, "buyer": buyer_of(request), "user": request.user.pk, "accessible": "accessible" in request.POST}
    if size := request.POST.get("size"):
        zones = [int(zone) for zone in request.POST.getlist("zone") if zone]
        wheelchairs = 1 if asked["accessible"] else 0
        return tasks.Hold.model_validate(asked | {"best": {"size": int(size), "zones": zones, "accessible": wheelchairs}})
    seats = [int(seat) for seat in request.POST.getlist("seat")]
    if not seats:
        raise ValueError("no seat")
    return tasks.Hold.model_validate(asked | {"seats": seats})


def _ask(request: HttpRequest, job: Job) -> dict[str, Any]:
    ended = waiting.await_end(job, PATIENCE)
    return dict(ended.result) if ended and ended.state == State.SUCCEEDED and ended.result else TROUBLE


@login_required
@require_GET
def held(request: HttpRequest, hold_id: uuid.UUID) -> HttpResponse:
    """What is held and for how long, by the server's clock; the form that books it."""
    row = _hold(request, hold_id)
    if row.state == Hold.State.CONFIRMED:
        return redirect("booking", row.booking.pk)
    seats = seating.of_seats(row.seat_ids)
    total = sum(float(seat["price"]) for seat in seats)
    words = {"hold": row, "state": row.state_now(), "seats": seats, "total": f"{total:.2f}", "now": timezone.now()}
    return render(request, "seats/hold.html", words)


def _hold(request: HttpRequest, hold_id: uuid.UUID) -> Hold:
    return get_object_or_404(Hold.objects.select_related("show__tenant"), pk=hold_id, buyer=buyer_of(request))


@login_required
@require_POST
def settle(request: HttpRequest, hold_id: uuid.UUID, verb: str) -> HttpResponse:
    """confirm, extend or release."""
    row = _hold(request, hold_id)
    told = {"show": row.show_id, "hold": row.pk, "buyer": row.buyer}
    who = {"name": request.POST.get("name", "").strip(), "email": request.POST.get("email", "").strip()}
    try:
        job = _submit(verb, told, who, request, row)
    except (ValidationError, InvalidPayload):
        messages.error(request, "Give a name and an e-mail address.")
        return redirect("hold", row.pk)
    said = _ask(request, job)
    if said.get("outcome") == "booked":
        if said["moved"]:
            messages.info(request, "Your time was over and the seats were gone; these are as good.")
        return redirect("booking", said["booking"])
    if said.get("outcome") in ("refused", None):
        messages.error(request, said["message"])
    return redirect("show", row.show_id) if verb == "release" else redirect("hold", row.pk)


def _submit(verb: str, told: dict[str, Any], who: dict[str, str], request: HttpRequest, row: Hold) -> Job:
    origin: dict[str, Any] = {"tenant": row.show.tenant, "submitted_by": request.user}
    if verb == "confirm":
        return tasks.confirm.submit(tasks.Confirm.model_validate(told | who), **origin)
    if verb == "extend":
        return tasks.extend.submit(tasks.Extend(**told), **origin)
    return tasks.release.submit(tasks.Release(**told), **origin)


@login_required
@require_GET
def bookings(request: HttpRequest) -> HttpResponse:
    mine = Booking.objects.filter(buyer=buyer_of(request)).select_related("show__map__venue").order_by("-booked_at")[:100]
    return render(request, "seats/bookings.html", {"bookings": mine})


@login_required
def booking(request: HttpRequest, booking_id: uuid.UUID) -> HttpResponse:
    """The tickets; a POST gives the booking back."""
    row = Booking.objects.filter(buyer=buyer_of(request), pk=booking_id).select_related("show__map__venue", "tenant").first()
    if row is None:
        raise Http404("There is no such booking of yours.")
    if request.method == "POST":
        payload = tasks.Cancel(show=row.show_id, booking=row.pk, buyer=row.buyer)
        said = _ask(request, tasks.cancel.submit(payload, tenant=row.tenant, submitted_by=request.user))
        if said.get("outcome") == "cancelled":
            messages.success(request, "The booking is cancelled, and the seats are free again.")
        else:
            messages.error(request, said["message"])
        return redirect("booking", row.pk)
    tickets = row.tickets.filter(cancelled_at=None)
    seats = seating.of_seats(list(tickets.values_list("show_seat_id", flat=True)))
    return render(request, "seats/booking.html", {"booking": row, "seats": seats, "paid": tickets.aggregate(sum=Sum("price"))["sum"]})
