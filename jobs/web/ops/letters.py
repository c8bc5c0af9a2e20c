"""Dead letters: found by reason, type and queue; replayed, with another payload if need be; purged."""

from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from jobs.core.errors import ConveyorError, InvalidFilter, InvalidInput, NotFound
from jobs.core.job_type import QUEUES, registry
from jobs.core.roles import Role
from jobs.core.states import Reason
from jobs.models import DeadLetter
from jobs.queries import dead_letters as queries
from jobs.queries.roles import has
from jobs.queries.search import bounded
from jobs.services import dead_letters
from jobs.web.ops.job_page import payload_of
from jobs.web.ops.shell import act, admin, operator, render, viewer

WORDS = ("reason", "type", "queue", "replayed")


@viewer
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    words = {name: request.GET.get(name, "") for name in WORDS}
    after = request.GET.get("after", "")
    try:
        rows = queries.search(None, **words)
        with bounded():
            found, cursor = queries.page(rows, int(after) if after.isdecimal() and len(after) < 18 else None, 50)
            count = queries.count(rows)
    except InvalidFilter as error:
        raise Http404(str(error)) from error
    view: dict[str, Any] = {"letters": found, "count": count, "reasons": list(Reason), "queues": QUEUES, **words}
    view["next_page"] = cursor and urlencode({**words, "after": cursor})
    view["newest"] = found[0].pk if found and not after else 0
    view["retry"] = " ".join(["status:dead", *(f"{name}:{words[name]}" for name in ("type", "queue") if words[name])])
    return render(request, "letters.html", view)


@viewer
@require_GET
def page(request: HttpRequest, number: int) -> HttpResponse:
    return _page(request, _letter(number))


def _letter(number: int) -> DeadLetter:
    try:
        return queries.get(None, number)
    except NotFound as error:
        raise Http404(str(error)) from error


def _page(request: HttpRequest, letter: DeadLetter, edit: dict[str, Any] | None = None) -> HttpResponse:
    opens = has(request.user, Role.OPERATOR)
    known = registry.get(letter.type) if letter.type in registry else None
    text = orjson.dumps(letter.payload or {}, option=orjson.OPT_INDENT_2).decode() if opens else ""
    view = {"letter": letter, "opens": opens, "edit": edit or {"text": text}, "editable": known is not None and not known.internal}
    return render(request, "letter.html", view | {"schema": known.payload_schema() if known else None}, status=422 if edit else 200)


@operator
@require_POST
def replay(request: HttpRequest, number: int) -> HttpResponse:
    """Submit the job again; with the payload of the form when there is one."""
    letter, text = _letter(number), request.POST.get("data")
    try:
        made = dead_letters.replay(letter, None if text is None else payload_of(text), submitted_by=request.user)
    except ConveyorError as error:
        return _page(request, letter, {"text": text or "", "wrong": error.detail, "fields": getattr(error, "fields", {}), "open": True})
    return redirect("ops-job", made.pk)


@admin
@require_POST
def purge(request: HttpRequest) -> HttpResponse:
    """Delete what was shown and matches: what came later stays."""
    words = {name: request.POST.get(name, "") for name in WORDS}

    def do() -> int:
        newest = request.POST.get("newest", "")
        if not newest.isdecimal() or len(newest) > 18:
            raise InvalidInput("Look at the letters first, then purge them.")
        return dead_letters.purge(queries.search(None, **words).filter(pk__lte=int(newest)))

    return act(request, "ops-letters", do, lambda count: f"{count} dead letters are deleted.")
