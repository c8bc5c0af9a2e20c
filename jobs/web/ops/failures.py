"""Failures that are one and the same: the list, one of them, resolving it, trying one job again and then the rest."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from jobs.core.errors import InvalidFilter, NotFound
from jobs.models import Failure, Job
from jobs.queries import bulks
from jobs.queries import failures as queries
from jobs.queries.search import bounded, count
from jobs.services import failures
from jobs.web.ops.shell import act, operator, render, viewer


@viewer
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    state, type = request.GET.get("state", "open"), request.GET.get("type", "")
    try:
        found = list(queries.search(state, type)[: queries.MOST + 1])
    except InvalidFilter as error:
        raise Http404(str(error)) from error
    view = {"failures": found[: queries.MOST], "more": len(found) > queries.MOST, "state": state, "states": queries.STATES, "type": type}
    return render(request, "failures.html", view)


@viewer
@require_GET
def page(request: HttpRequest, id: str) -> HttpResponse:
    failure = _get(id)
    q = f"failure:{failure.pk} status:dead"
    with bounded():
        left = count(bulks.matching("retry", q, None))
    newest = queries.newest(failure)
    sample = next((job for job in newest if job.error), None)
    return render(request, "failure.html", {"failure": failure, "left": left, "newest": newest, "sample": sample, "q": q})


def _get(id: str) -> Failure:
    try:
        return queries.get(id)
    except NotFound as error:
        raise Http404(str(error)) from error


@operator
@require_POST
def steer(request: HttpRequest, id: str, verb: str) -> HttpResponse:
    """`resolve`, `reopen` or `canary`."""
    failure, by = _get(id), request.user.get_username()
    acts: dict[str, tuple[Callable[[], Any], str | Callable[[Any], str]]] = {
        "resolve": (lambda: failures.resolve(failure, by), "Resolved. Should it be seen again, it comes back as a regression."),
        "reopen": (lambda: failures.reopen(failure), "It is open again."),
        "canary": (lambda: failures.send_canary(failure, submitted_by=request.user), _sent),
    }
    if verb not in acts:
        raise Http404("There is no such act.")
    return act(request, "ops-failures", *acts[verb])


def _sent(job: Job) -> str:
    return f"One job is tried again: …{str(job.pk)[-8:]}."
