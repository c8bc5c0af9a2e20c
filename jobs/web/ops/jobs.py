"""Searching all jobs: by words, with columns to choose and views to keep."""

import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from jobs.core.errors import ConveyorError, InvalidInput
from jobs.core.roles import Role
from jobs.core.search import LONGEST, QUALIFIERS
from jobs.queries import jobs as queries
from jobs.queries import search, views
from jobs.queries.roles import has
from jobs.services import saved_views
from jobs.web.ops.bulk import acts_of
from jobs.web.ops.shell import act, render, viewer
from jobs.web.paging import cursor_of

PAGE = 50
MOST_SHOWN = 200
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COLUMNS = {
    "state": "State",
    "queue": "Queue",
    "tenant": "Tenant",
    "priority": "Priority",
    "attempt": "Attempt",
    "worker": "Worker",
    "tags": "Tags",
    "submitted": "Submitted",
    "took": "Took",
    "error": "Error",
}
USUAL = ("state", "queue", "attempt", "submitted", "took", "error")


@viewer
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    q, columns = request.GET.get("q", "").strip(), columns_of(request.GET.getlist("columns"))
    view: dict[str, Any] = {
        "q": q,
        "columns": columns,
        "all_columns": COLUMNS,
        "views": views.of(request.user),
        "acts": acts_of(request.user),
        "qualifiers": QUALIFIERS.values(),
    }
    try:
        view |= _found(request, q)
    except ConveyorError as error:
        return render(request, "jobs.html", view | {"wrong": error.detail}, status=422)
    view["next_page"] = urlencode({"q": q, "columns": columns, "after": view["next"]}, doseq=True)
    return render(request, "jobs.html", view)


def _found(request: HttpRequest, q: str) -> dict[str, Any]:
    rows = search.search(q, opens=has(request.user, Role.OPERATOR))
    with search.bounded():
        found, cursor = queries.page(rows.select_related("tenant"), cursor_of(request), PAGE)
        count = search.count(rows)
        elsewhere = queries.some(_shown(request) - {job.pk for job in found})
    jobs = queries.freshen([*found, *elsewhere])
    return {"jobs": [(job, number >= len(found)) for number, job in enumerate(jobs)], "next": cursor, "count": count}


def _shown(request: HttpRequest) -> set[UUID]:
    """The rows that an open page shows and asks anew: those that have left its list since are told too, so that none stands still."""
    texts = request.GET.get("shown", "").split(",")[:MOST_SHOWN]
    return {UUID(text) for text in texts if UUID_TEXT.fullmatch(text)}


def columns_of(chosen: list[str]) -> list[str]:
    return [name for name in COLUMNS if name in chosen] or list(USUAL)


@viewer
@require_GET
def complete(request: HttpRequest) -> HttpResponse:
    """What the words before the cursor may become, for the search box."""
    at, offers = search.complete(request.GET.get("q", "")[-LONGEST:], opens=has(request.user, Role.OPERATOR))
    return JsonResponse({"at": at, "offers": [{"text": offer.text, "summary": offer.summary} for offer in offers]})


@viewer
@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    def keep() -> Any:
        shared = bool(request.POST.get("shared")) and has(request.user, Role.OPERATOR)
        if not (name := request.POST.get("name", "").strip()):
            raise InvalidInput("Give the view a name.")
        return saved_views.keep(request.user, name, request.POST.get("q", ""), columns_of(request.POST.getlist("columns")), shared)

    return act(request, "ops-jobs", keep, lambda view: f"The view {view.name} is kept.")


@viewer
@require_POST
def forget_view(request: HttpRequest, number: int) -> HttpResponse:
    return act(request, "ops-jobs", lambda: saved_views.forget(request.user, number), "The view is forgotten.")


def address_of(q: str) -> str:
    """The page that shows what the words describe."""
    return f"{reverse('ops-jobs')}?{urlencode({'q': q})}"
