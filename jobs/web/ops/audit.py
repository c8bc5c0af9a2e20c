"""Who did what: acts, and whether the chain that keeps them is whole."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_POST

from jobs.core.errors import InvalidFilter
from jobs.queries import audit as queries
from jobs.services import audit
from jobs.web.ops.shell import act, admin, operator, render

WORDS = ("actor", "act", "object")


@operator
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    words = {name: request.GET.get(name, "").strip() for name in (*WORDS, "day")}
    view: dict[str, Any] = {**words, "checked": queries.acts(act="audit.verify").first()}
    try:
        found, cursor = queries.page(_acts(words), request.GET.get("after", ""))
    except InvalidFilter as error:
        return render(request, "audit.html", view | {"wrong": error.detail}, status=422)
    return render(request, "audit.html", view | {"acts": found, "next_page": cursor and urlencode({**words, "after": cursor})})


def _acts(words: dict[str, str]) -> Any:
    rows = queries.acts(actor=words["actor"], act=words["act"], object=words["object"])
    if not words["day"]:
        return rows
    try:
        day = parse_date(words["day"])
    except ValueError:
        day = None
    if day is None:
        raise InvalidFilter(f"{words['day']!r} is no day; write it like 2026-11-24.")
    return rows.filter(at__date=day)


@admin
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Look at the whole chain now."""
    return act(request, "ops-audit", audit.verify, lambda faults: f"{faults} faults were found." if faults else "The chain is whole.")
