"""Queues and workers, and the buttons that steer them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from jobs.core.errors import NotFound, Unavailable
from jobs.queries import activity
from jobs.services import steering
from jobs.web.ops.shell import act, operator, render, viewer


@viewer
@require_GET
def queues(request: HttpRequest) -> HttpResponse:
    return render(request, "queues.html", {"queues": activity.queues()})


@viewer
@require_GET
def workers(request: HttpRequest) -> HttpResponse:
    return render(request, "workers.html", {"workers": activity.workers()})


@operator
@never_cache
@require_GET
def stacks(request: HttpRequest, name: str) -> HttpResponse:
    """What each process of the worker is doing at this moment."""
    view: dict[str, Any] = {"name": name, "at": timezone.now(), "worker": next((w for w in activity.workers() if w.name == name), None)}
    try:
        return render(request, "stacks.html", view | {"stacks": steering.stacks(name)})
    except NotFound as error:
        raise Http404(error.detail) from error
    except Unavailable as error:
        return render(request, "stacks.html", view | {"wrong": error.detail}, status=503)


@operator
@require_POST
def steer_queue(request: HttpRequest, name: str, verb: str) -> HttpResponse:
    """`pause` or `resume`."""
    by = request.user.get_username()
    if verb == "pause":
        return act(request, "ops-queues", lambda: steering.pause(name, by, request.POST.get("why", "")), f"The queue {name} is paused.")
    return act(request, "ops-queues", lambda: steering.resume(name, by), f"The queue {name} is open again.")


@operator
@require_POST
def steer_worker(request: HttpRequest, name: str) -> HttpResponse:
    """The act is the button that was pressed."""
    verb = request.POST.get("act", "")
    return act(request, "ops-workers", lambda: steering.tell_worker(name, verb, request.user.get_username()), f"{name} was told to {verb}.")
