"""Alive, and ready: which part is down."""

from django.http import HttpRequest, JsonResponse

from jobs.queries.health import health


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """503 names what is down; `recorderLag` is in seconds."""
    found = health()
    up = all(found.parts.values())
    words: dict[str, object] = {name: "up" if fine else "down" for name, fine in found.parts.items()}
    lag = None if found.lag is None else found.lag.total_seconds()
    return JsonResponse({"status": "ok" if up else "unavailable", **words, "recorderLag": lag}, status=200 if up else 503)
