"""Queues and workers, and the buttons that steer them."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

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
