"""Reserving the cart, and what follows: the answer, a countdown, confirm, keep longer, give back."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from jobs.api import waiting
from jobs.core.states import State
from jobs.models import Job
from jobs.services import tenants
from jobs.web.jobs import the_job
from stock import checkout
from stock.models import Product, Reservation
from stock.queries import catalogue
from stock.queries import reservations as queries
from stock.services.allocation import Rule
from stock.web import cart, ways
from stock.web.live import live
from stock.web.shop import the_product

KEPT = 600
PATIENCE = 5.0
DONE = {"confirm": "Confirmed: the items are yours.", "release": "Given back.", "extend": "Kept ten minutes from now."}


@login_required
@require_POST
def reserve(request: HttpRequest) -> HttpResponse:
    """Submit the cart as one request, had in the way that was chosen, and go where its answer will be."""
    lines = cart.lines_of(request)
    if not lines:
        messages.error(request, "The cart is empty.")
        return redirect("cart")
    choice = ways.choose(request, lines)
    if choice is None:
        messages.error(request, "That way is not offered any more. Choose another.")
        return redirect("cart")
    payload = checkout.Reserve(lines=choice.lines(lines), ttl=KEPT, rule=choice.rule, customer=request.user.pk)
    key = f"cart:{request.session['cart_key']}:{choice.name}"
    job = checkout.reserve.submit(payload, tenant=tenants.of_user(request.user), key=key, submitted_by=request.user)
    waiting.await_end(job, PATIENCE)
    return redirect("reserving", job.pk)


@login_required
@require_POST
def instead(request: HttpRequest, sku: str) -> HttpResponse:
    """What was refused is replaced in the cart, by what is left of it or by another product, and the cart is reserved again."""
    lines, other, quantity = cart.lines_of(request), request.POST.get("other", sku), cart.asked_for(request)
    if sku not in lines or not quantity:
        messages.error(request, "The cart has changed since. Look at it first.")
        return redirect("cart")
    taken = the_product(request, other)
    del lines[sku]
    cart.keep(request, lines | {taken.sku: lines.get(taken.sku, 0) + quantity})
    return reserve(request)


@login_required
@require_POST
def again(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Put what a reservation held back into the cart."""
    lines = cart.lines_of(request)
    for line in _mine(request, id).lines.all():
        lines[line.product.sku] = lines.get(line.product.sku, 0) + line.quantity
    cart.keep(request, {sku: min(units, cart.MOST_UNITS) for sku, units in list(lines.items())[: cart.MOST_LINES]})
    return redirect("cart")


@login_required
@live
def reserving(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The answer, once there is one: the reservation, or why not and what else there is."""
    job = the_job(request.user, job_id)
    if job.type != checkout.reserve.type.name:
        raise Http404
    if not State(job.state).ended:
        return render(request, "shop/reserving.html", {"job": job})
    said: dict[str, Any] = job.result or {}
    if said.get("answer") == "reserved":
        cart.keep(request, {})
        return redirect("reservation", said["reservation"])
    return render(request, "shop/refused.html", _refusal(request, job))


def _refusal(request: HttpRequest, job: Job) -> dict[str, Any]:
    said = job.result if job.state == State.SUCCEEDED else None
    # Asked again, the cart is another request.
    cart.keep(request, cart.lines_of(request))
    lines = said["lines"] if said else []
    known = {p.sku: p for p in Product.objects.filter(tenant=job.tenant, sku__in=[line["sku"] for line in lines]).select_related("tenant")}
    place = _collected_at(job)
    rows = [
        line | {"product": (p := known.get(line["sku"])), "others": catalogue.alternatives(p, line["wanted"] or 1, place) if p else []}
        for line in lines
    ]
    wanted = cart.lines_of(request)
    words = ways.words(request, wanted)
    # Only what would do: to be refused once more helps nobody.
    helping = [way for way in words["ways"] if not way.short]
    words |= {"ways": helping, "way": helping[0].value if helping else "", "collects": False}
    return words | {"rows": rows, "code": said["code"] if said else "failed", "job": job, "place": place}


def _collected_at(job: Job) -> str:
    """Where it was to be collected, and nowhere else."""
    asked = job.payload or {}
    return str(asked["lines"][0]["location"]) if asked.get("rule") == Rule.THERE else ""


@login_required
def mine(request: HttpRequest) -> HttpResponse:
    rows = queries.of(tenants.of_user(request.user)).filter(customer=request.user.pk)
    after = request.GET.get("after", "")
    try:
        found, cursor = queries.page(rows, "", uuid.UUID(after) if after else None, 25)
    except ValueError:
        raise Http404("after is no cursor") from None
    rows_of_page = [{"reservation": row, "lines": queries.by_product(row), "total": queries.total(row)} for row in found]
    return render(request, "shop/reservations.html", {"rows": rows_of_page, "next": cursor})


def _mine(request: HttpRequest, id: uuid.UUID) -> Reservation:
    row = queries.of(tenants.of_user(request.user)).filter(customer=request.user.pk, pk=id).first()
    if row is None:
        raise Http404(f"There is no reservation {id}.")
    return row


@login_required
def reservation(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The countdown runs by the server's time: a wrong clock in the browser changes nothing."""
    row = _mine(request, id)
    lines = queries.by_product(row)
    words = {"reservation": row, "lines": lines, "state": row.state_now(), "now": timezone.now()}
    words |= {"total": queries.total(row), "owed": any(line.owed for line in lines)}
    return render(request, "shop/reservation.html", words)


@login_required
@require_POST
def settle(request: HttpRequest, id: uuid.UUID, verb: str) -> HttpResponse:
    """Confirm, release or extend, and say how it went."""
    row = _mine(request, id)
    told: dict[str, Any] = {"reservation": row.pk, "by": request.user.pk}
    declared: Any = {"confirm": checkout.confirm, "release": checkout.release, "extend": checkout.extend}[verb]
    payload = checkout.Extend(**told, ttl=KEPT) if verb == "extend" else checkout.Settle(**told)
    job = declared.submit(payload, tenant=tenants.of_user(request.user), submitted_by=request.user)
    _tell(request, waiting.await_end(job, PATIENCE), verb)
    return redirect("reservation", id)


def _tell(request: HttpRequest, ended: Job | None, verb: str) -> None:
    if ended is None:
        messages.info(request, "It is on its way. Look again in a moment.")
    elif ended.state != State.SUCCEEDED or ended.result is None:
        messages.error(request, "That did not work. Try it again.")
    elif ended.result.get("code"):
        messages.error(request, ended.result["detail"])
    else:
        messages.success(request, DONE[verb])
