"""From seats to a booking: hold them, say who you are, confirm."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from pydantic import ValidationError

from reservations import tasks
from reservations.models import Booking, Hold, Show
from reservations.queries import extras as queries
from reservations.queries import seating
from reservations.queries.buyers import buyer_of, known_buyer_of
from reservations.queries.plans import open_hold
from reservations.web import extras, mine
from reservations.web.asking import ask
from reservations.web.shows import best_of, the_show

WRONG_FIELD = {"limit_reached": "email", "extras_gone": "extras"}
CHOOSE_AGAIN = ("seats_gone", "hold_over", "leaves_single")


@mine.remembering
@require_POST
def hold(request: HttpRequest, show_id: int) -> HttpResponse:
    """Hold the chosen seats, or the best that fit; what is held already stays so."""
    row = the_show(request, show_id)
    back = request.POST.get("back", "")
    here = back if back.startswith(reverse("show", args=[row.pk])) else reverse("show", args=[row.pk])
    try:
        payload = _wanted(request, row)
    except (ValidationError, ValueError):
        messages.error(request, "Choose at least one seat, or say how many.")
        return redirect(here)
    said = ask(request, tasks.hold, payload, row.tenant)
    if said["outcome"] == "held":
        return redirect("hold", said["hold"])
    _tell_refusal(request, said)
    return redirect(here)


def _wanted(request: HttpRequest, row: Show) -> tasks.Hold:
    running = open_hold(row, buyer_of(request))
    asked: dict[str, Any] = {
        "show": row.pk,
        "buyer": buyer_of(request),
        "user": request.user.pk,
        "accessible": "accessible" in request.POST,
        "hold": running.pk if running else None,
        "exchanges": request.POST.get("exchanges") or None,
    }
    if request.POST.get("size"):
        return tasks.Hold.model_validate(asked | {"best": best_of(request.POST).model_dump()})
    seats = [int(seat) for seat in request.POST.getlist("seat")]
    if not seats:
        raise ValueError("no seat")
    return tasks.Hold.model_validate(asked | {"seats": seats})


def _tell_refusal(request: HttpRequest, said: dict[str, Any]) -> None:
    messages.error(request, said["message"])
    if said.get("alternative"):
        messages.info(request, "Free instead: " + "; ".join(seating.in_words(s) for s in seating.of_seats(said["alternative"])) + ".")


@require_GET
def held(request: HttpRequest, hold_id: uuid.UUID) -> HttpResponse:
    """What is held and for how long, by the server's clock; the form that books it."""
    row = _hold(request, hold_id)
    if row.state == Hold.State.CONFIRMED:
        into = Booking.objects.filter(tickets__show_seat__in=row.seat_ids, tickets__cancelled_at=None).first()
        return redirect("booking", into.pk) if into else redirect("bookings")
    user = request.user
    return _page(request, row, {"name": user.get_full_name(), "email": user.email} if user.is_authenticated else {}, {})


def _page(request: HttpRequest, row: Hold, filled: dict[str, str], errors: dict[str, str]) -> HttpResponse:
    seats = seating.of_hold(row)
    now = timezone.now()
    beside = queries.of_hold(row)
    seats_total = sum(Decimal(seat["price"]) for seat in seats)
    words = {
        "hold": row,
        "show": row.show,
        "state": row.state_now(),
        "seats": seats,
        "offered": queries.offers(row.show, row),
        "beside": beside,
        "seats_total": seats_total,
        "total": seats_total + sum(line.cost for line in beside),
        "now": now,
        "may_extend": row.expires_at < row.ceiling_at,
        "filled": filled,
        "errors": errors,
        "exchangeable": _exchangeable(request, row, now),
    }
    return render(request, "seats/hold.html", words, status=422 if errors else 200)


def _exchangeable(request: HttpRequest, row: Hold, now: datetime) -> list[tuple[Booking, list[dict[str, Any]]]]:
    """The buyer's bookings of this show, which these seats may go into instead of a booking of their own."""
    if now >= (row.show.cancel_until or row.show.starts_at):
        return []
    found = mine.bookings(request).filter(show=row.show, state=Booking.State.CONFIRMED)
    return [(booking, seating.of_booking(booking)) for booking in found]


def _hold(request: HttpRequest, hold_id: uuid.UUID) -> Hold:
    return get_object_or_404(mine.holds(request).select_related("show__tenant", "show__map__venue"), pk=hold_id)


@require_POST
def confirm(request: HttpRequest, hold_id: uuid.UUID) -> HttpResponse:
    """Book what is held; a time that was over and a choice that is refused are told with a way on."""
    row = _hold(request, hold_id)
    who = {name: request.POST.get(name, "").strip() for name in ("name", "email")}
    wrong = _wrong_extras(request, row)
    try:
        payload = tasks.Confirm.model_validate({"show": row.show_id, "hold": row.pk, "buyer": row.buyer, **who})
    except ValidationError as error:
        return _page(request, row, who, wrong | _in_words(error))
    if wrong:
        return _page(request, row, who, wrong)
    said = ask(request, tasks.confirm, payload, row.show.tenant)
    if said["outcome"] == "booked":
        if row.buyer != known_buyer_of(request):
            mine.open_for(request, "booking", uuid.UUID(said["booking"]))
        if said["moved"]:
            messages.warning(
                request, "Your time was over and someone took your seats. You have others, as good or better: look at them below."
            )
        return redirect("booking", said["booking"])
    if field := WRONG_FIELD.get(said["code"]):
        return _page(request, row, who, {field: said["message"]})
    _tell_refusal(request, said)
    return redirect("show", row.show_id) if said["code"] in CHOOSE_AGAIN else redirect("hold", row.pk)


def _wrong_extras(request: HttpRequest, row: Hold) -> dict[str, str]:
    """Reserves what the form says, if the hold still runs; what was reserved before is booked as it is."""
    said = extras.reserve(request, row) if row.state_now() == Hold.State.ACTIVE else {"outcome": "chosen"}
    return {} if said["outcome"] == "chosen" or said["code"] == "hold_over" else {"extras": said["message"]}


def _in_words(error: ValidationError) -> dict[str, str]:
    told = {"name": "Say your name, in at most 120 letters.", "email": "Write an e-mail address, like ada@example.com."}
    return {str(field): told[str(field)] for problem in error.errors() for field in problem["loc"] if field in told}


@require_POST
def settle(request: HttpRequest, hold_id: uuid.UUID, verb: str) -> HttpResponse:
    """Keep the seats longer, or give them back."""
    row = _hold(request, hold_id)
    told: dict[str, Any] = {"show": row.show_id, "hold": row.pk, "buyer": row.buyer}
    if verb == "extend":
        said = ask(request, tasks.extend, tasks.Extend(**told), row.show.tenant)
    elif verb == "release":
        said = ask(request, tasks.release, tasks.Release(**told), row.show.tenant)
    else:
        raise Http404("A hold is extended, released or confirmed.")
    if said["outcome"] == "refused":
        messages.error(request, said["message"])
    elif verb == "release":
        messages.success(request, "The seats are free again. Choose others whenever you like.")
    return redirect("show", row.show_id) if verb == "release" else redirect("hold", row.pk)
