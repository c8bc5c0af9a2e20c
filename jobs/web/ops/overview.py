"""The overview: what the installation does."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from jobs.core.durations import spoken
from jobs.queries import activity, alerts, standing
from jobs.queries.activity import WINDOWS, Activity, History
from jobs.queries.health import health
from jobs.web.chart import LineChart, columns, lines, percent, whole
from jobs.web.ops.shell import render, viewer

# How many moments stand under a chart, beside now.
TICKS = 4
UNITS = (("s", 1), ("min", 60), ("h", 3600))


@viewer
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    window = request.GET.get("window", "1h")
    if window not in WINDOWS:
        window = "1h"
    chosen = WINDOWS[window]
    seen, past, workers = activity.activity(chosen), activity.history(chosen), activity.workers()
    busy, slots = activity.use(workers)
    view: dict[str, Any] = {
        "window": window,
        "windows": list(WINDOWS),
        "activity": seen,
        "succeeded": seen.counts.get("succeeded", 0),
        "failed": seen.counts.get("retrying", 0) + seen.counts.get("dead", 0),
        "errors": f"{seen.error_rate:.1%}",
        "throughput": rate_of(seen.counts.get("succeeded", 0), chosen.length),
        "chart": columns(seen.series),
        "ticks": [point.at for point in seen.series[:: max(1, len(seen.series) // TICKS)]][:TICKS],
        "long": chosen.length > timedelta(days=1),
        "charts": _charts(seen, past),
        "queues": activity.queues(),
        "workers": workers,
        "busy": busy,
        "slots": slots,
        "burn": activity.burn(settings.SLO_SUCCESS),
        "target": f"{100 * settings.SLO_SUCCESS:.4g} %",
        "breakers": standing.all_breakers(),
        "firing": alerts.firing(),
        "health": health(),
    }
    return render(request, "overview.html", view)


def rate_of(count: int, length: timedelta) -> str:
    """By the unit of time in which it is a number that people read: `12.5/s`, `41/min`, `7/h`."""
    a_second = count / length.total_seconds()
    unit, seconds = next((pair for pair in UNITS if a_second * pair[1] >= 1), UNITS[-1])
    return f"{a_second * seconds:.3g}/{unit}"


def _charts(seen: Activity, past: History) -> list[LineChart]:
    at = [point.at for point in seen.series]
    times = {"wait": [point.wait for point in seen.series], "run": [point.run for point in seen.series]}
    return [
        lines("times", "Wait and run, p95", at, times, spoken),
        lines("depth", "Ready in each queue", past.at, past.depth, whole),
        lines("oldest", "Age of the oldest job in each queue", past.at, past.oldest, spoken),
        lines("use", "Busy share of the workers' slots", past.at, {"busy": past.use}, percent),
    ]
