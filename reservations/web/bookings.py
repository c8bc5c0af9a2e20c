"""What I have booked: look at it, give it back, exchange seats."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from pydantic import ValidationError

from jobs.core.money import written
from reservations import tasks
from reservations.models import Booking
from reservations.queries import extras, seating
from reservations.queries.buyers import known_buyer_of
from reservations.web import mine
from reservations.web.asking import ask

KEEP = "keep-"


@require_GET
def bookings(request: HttpRequest) -> HttpResponse:
    """What is to come first, then what is over or was given back."""
    rows = mine.bookings(request).select_related("show__map__venue")
    rows = rows.annotate(valid=Count("tickets", filter=Q(tickets__cancelled_at=None)))
    to_come = Q(state=Booking.State.CONFIRMED, show__ends_at__gt=timezone.now())
    words = {"coming": rows.filter(to_come).order_by("show__starts_at")[:100], "past": rows.exclude(to_come).order_by("-booked_at")[:100]}
    return render(request, "seats/bookings.html", words)


def booking(request: HttpRequest, booking_id: uuid.UUID) -> HttpResponse:
    """The seats of a booking; a POST gives it back."""
    row = _booking(request, booking_id)
    if request.method == "POST":
        said = ask(request, tasks.cancel, tasks.Cancel(show=row.show_id, booking=row.pk, buyer=row.buyer), row.tenant)
        if said["outcome"] == "cancelled":
            messages.success(request, "The booking is cancelled, and the seats are free again.")
        else:
            messages.error(request, said["message"])
        return redirect("booking", row.pk)
    words = {
        "booking": row,
        "show": row.show,
        "seats": seating.of_booking(row),
        "extras": extras.of_booking(row),
        "stock": extras.by_product(row),
        "may_change": _may_change(row),
    }
    return render(request, "seats/booking.html", words)


@require_POST
def give_back(request: HttpRequest, booking_id: uuid.UUID) -> HttpResponse:
    """So many of each extra stay as the form says; the rest goes back."""
    row = _booking(request, booking_id)
    keep = {name.removeprefix(KEEP): str(value).strip() for name, value in request.POST.items() if name.startswith(KEEP)}
    try:
        payload = tasks.GiveBack.model_validate({"show": row.show_id, "booking": row.pk, "buyer": row.buyer, "keep": keep})
    except ValidationError:
        messages.error(request, "Say how many of each you keep, from 0 on.")
        return redirect("booking", row.pk)
    said = ask(request, tasks.give_back, payload, row.tenant)
    if said["outcome"] == "given_back":
        messages.success(request, f"This is what you have now. Together {written(said['total'], row.show.currency)}.")
    else:
        messages.error(request, said["message"])
    return redirect("booking", row.pk)


@require_POST
def exchange(request: HttpRequest, booking_id: uuid.UUID) -> HttpResponse:
    """Seats of the booking for those of a hold; refused, both stay as they are."""
    row = _booking(request, booking_id)
    told: dict[str, Any] = {"show": row.show_id, "booking": row.pk, "buyer": row.buyer, "holder": known_buyer_of(request)}
    try:
        payload = tasks.Exchange.model_validate(told | {"give": request.POST.getlist("give"), "hold": request.POST.get("hold", "")})
    except ValidationError:
        messages.error(request, "Choose the seats that you give for the new ones.")
        return redirect("hold", request.POST["hold"]) if _is_id(request.POST.get("hold", "")) else redirect("booking", row.pk)
    said = ask(request, tasks.exchange, payload, row.tenant)
    if said["outcome"] == "booked":
        messages.success(request, "The seats are exchanged. These are yours now.")
        return redirect("booking", row.pk)
    messages.error(request, said["message"])
    return redirect("hold", payload.hold)


def _is_id(text: str) -> bool:
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False


def _may_change(row: Booking) -> bool:
    return row.state == Booking.State.CONFIRMED and timezone.now() < (row.show.cancel_until or row.show.starts_at)


def _booking(request: HttpRequest, booking_id: uuid.UUID) -> Booking:
    row = mine.bookings(request).filter(pk=booking_id).select_related("show__map__venue", "tenant").first()
    if row is None:
        raise Http404("There is no such booking of yours.")
    return row
