"""The operators' page: what the installation does, its queues and its workers; and the buttons that steer them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import user_passes_test
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from jobs.core.errors import ConveyorError
from jobs.queries import activity
from jobs.queries.activity import WINDOWS
from jobs.queries.health import health
from jobs.services import steering
from jobs.web.chart import columns

staff = user_passes_test(lambda user: user.is_active and user.is_staff)


@staff
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    window = request.GET.get("window", "1h")
    if window not in WINDOWS:
        window = "1h"
    seen = activity.activity(WINDOWS[window])
    view: dict[str, Any] = {
        "window": window,
        "windows": list(WINDOWS),
        "activity": seen,
        "succeeded": seen.counts.get("succeeded", 0),
        "failed": seen.counts.get("retrying", 0) + seen.counts.get("dead", 0),
        "errors": f"{seen.error_rate:.1%}",
        "chart": columns(seen.series),
        "queues": activity.queues(),
        "workers": activity.workers(),
        "health": health(),
    }
    return render(request, "jobs/ops/overview.html", view)


@staff
@require_POST
def steer_queue(request: HttpRequest, name: str, act: str) -> HttpResponse:
    """`pause` or `resume`."""
    by = request.user.get_username()
    try:
        if act == "pause":
            steering.pause(name, by, request.POST.get("why", ""))
        else:
            steering.resume(name, by)
    except ConveyorError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"The queue {name} is {'paused' if act == 'pause' else 'open again'}.")
    return redirect("ops")


@staff
@require_POST
def steer_worker(request: HttpRequest, name: str) -> HttpResponse:
    """The act is the button that was pressed."""
    act = request.POST.get("act", "")
    try:
        steering.tell_worker(name, act, request.user.get_username())
    except ConveyorError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"{name} was told to {act}.")
    return redirect("ops")
