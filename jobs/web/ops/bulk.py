"""Doing something to every job that matches: a count and a sample first, then its progress, abort and undo."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jobs.core.errors import ConveyorError, InvalidInput, NotAllowed, NotFound
from jobs.core.roles import Role
from jobs.models import Bulk
from jobs.queries import bulks as queries
from jobs.queries.roles import has
from jobs.queries.search import bounded
from jobs.services import bulks
from jobs.web.ops.shell import act, operator, render, viewer

RATES = (20, 100, 500, 2000)


def acts_of(user: Any) -> list[tuple[str, str]]:
    """What the user may do to many jobs: deleting is for admins."""
    return [(value, title) for value, title in Bulk.Act.choices if value != Bulk.Act.DELETE or has(user, Role.ADMIN)]


@viewer
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "bulks.html", {"bulks": queries.latest()})


@operator
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """GET: how many and which. POST: begin, if there are not more than were shown."""
    told = request.POST if request.method == "POST" else request.GET
    q, wanted, priority = told.get("q", "").strip(), told.get("act", ""), _number(told.get("priority", ""))
    if request.method == "GET":
        wanted = wanted or Bulk.Act.RETRY
    view: dict[str, Any] = {
        "q": q,
        "act": wanted,
        "acts": acts_of(request.user),
        "rates": RATES,
        "rate": _number(told.get("rate", "")) or 500,
    }
    view["priority"] = 5 if priority is None and wanted == Bulk.Act.REPRIORITISE else priority
    try:
        _may(request.user, wanted)
        rows = queries.matching(wanted, q, None, view["priority"])
        with bounded():
            view |= {"count": rows.count(), "sample": list(rows.select_related("tenant").order_by("-pk")[: queries.SAMPLE])}
        seen = _number(told.get("seen", ""))
        if request.method == "POST" and seen is not None and view["count"] <= seen:
            return redirect("ops-bulk", _start(request, rows, view).pk)
    except ConveyorError as error:
        return render(request, "bulk_new.html", view | {"wrong": error.detail}, status=422)
    return render(request, "bulk_new.html", view | {"grown": request.method == "POST"})


def _may(user: Any, wanted: str) -> None:
    if wanted == Bulk.Act.DELETE and not has(user, Role.ADMIN):
        raise NotAllowed("Only an admin deletes jobs.")


def _start(request: HttpRequest, rows: Any, view: dict[str, Any]) -> Bulk:
    if view["rate"] not in RATES:
        raise InvalidInput(f"The pace is one of {', '.join(map(str, RATES))} jobs a second.")
    by = request.user.get_username()
    return bulks.start(view["act"], view["q"], rows, by=by, user=request.user, priority=view["priority"], rate=view["rate"])


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


@viewer
@require_GET
def page(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    try:
        bulk = queries.get(number)
    except NotFound as error:
        raise Http404(str(error)) from error
    undone_by = getattr(bulk, "undone_by", None)
    may_undo = bulk.state == Bulk.State.WAITING or (bulk.act == Bulk.Act.RETRY and bulk.state != Bulk.State.UNDONE and not undone_by)
    return render(request, "bulk.html", {"bulk": bulk, "undone_by": undone_by, "may_undo": may_undo})


@operator
@require_POST
def abort(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    return act(
        request, "ops-bulks", lambda: bulks.abort(queries.get(number).pk, request.user.get_username()), "Aborted: what is done stays done."
    )


@operator
@require_POST
def undo(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    def words(made: Bulk) -> str:
        return "It never starts." if made.pk == number else "The new jobs that have not started are being cancelled."

    return act(request, "ops-bulks", lambda: bulks.undo(queries.get(number).pk, request.user.get_username(), request.user), words)
