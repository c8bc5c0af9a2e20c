"""The overview: what the installation does."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from jobs.queries import activity
from jobs.queries.activity import WINDOWS
from jobs.queries.health import health
from jobs.web.chart import columns
from jobs.web.ops.shell import render, viewer


@viewer
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
    return render(request, "overview.html", view)
