"""Limits, pauses and breakers, and the buttons that set, remove, open and close them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from jobs.core.errors import InvalidInput
from jobs.core.gates import Full
from jobs.queries import standing
from jobs.services import breakers, limits, pauses
from jobs.web.ops.shell import act, operator, render, viewer

KINDS = ("type", "tenant", "tag", "queue")


@viewer
@require_GET
def all_limits(request: HttpRequest) -> HttpResponse:
    """`?change=<name>` puts the numbers of that limit into the form."""
    found = standing.limits()
    chosen = request.GET.get("change", "")
    changing = next((view.set for view in found if view.name == chosen and view.set), None)
    view: dict[str, Any] = {
        "limits": found,
        "pauses": standing.pauses(),
        "unknown": standing.unknown_types(),
        "kinds": KINDS,
        "fulls": list(Full),
    }
    return render(request, "limits.html", view | {"chosen": chosen, "changing": changing})


@operator
@require_POST
def set_limit(request: HttpRequest) -> HttpResponse:
    name = request.POST.get("name", "").strip()
    return act(request, "ops-limits", lambda: limits.set_limit(name, _values(request), _who(request)), f"The limit {name} is in force.")


@operator
@require_POST
def remove_limit(request: HttpRequest, name: str) -> HttpResponse:
    return act(request, "ops-limits", lambda: limits.remove(name, _who(request)), f"The limit {name} is removed.")


def _values(request: HttpRequest) -> dict[str, Any]:
    texts = {name: request.POST.get(name, "").strip() for name in limits.FIELDS}
    numbers = {name: _number(name, texts.pop(name)) for name in ("concurrent", "rate", "burst")}
    period = _number("per", texts.pop("per")) or 1
    return {**numbers, **{name: text for name, text in texts.items() if text}, "per": timedelta(seconds=period)}


def _number(name: str, text: str) -> int | None:
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput(f"{name} is a whole number, not {text!r}.", {name: "is a whole number"})
    return int(text) if text else None


@operator
@require_POST
def steer_pause(request: HttpRequest, verb: str) -> HttpResponse:
    """`pause` or `resume`: what, its name and why are fields of the form."""
    kind, name, by = request.POST.get("kind", ""), request.POST.get("name", "").strip(), _who(request)
    if verb == "resume":
        return act(request, "ops-limits", lambda: pauses.resume(kind, name, by), f"The {kind} {name} goes on.")
    return act(request, "ops-limits", lambda: pauses.pause(kind, name, by, request.POST.get("why", "")), f"The {kind} {name} is paused.")


@viewer
@require_GET
def all_breakers(request: HttpRequest) -> HttpResponse:
    """`?change=<name>` shows the form for the numbers of that breaker."""
    found, chosen = standing.all_breakers(), request.GET.get("change", "")
    changing = next((view for view in found if view.name == chosen), None)
    return render(request, "breakers.html", {"breakers": found, "changing": changing})


@operator
@require_POST
def steer_breaker(request: HttpRequest, name: str, verb: str) -> HttpResponse:
    """`open`, `close`, `set` or `reset`."""
    by, why = _who(request), request.POST.get("why", "")
    acts: dict[str, tuple[Callable[[], None], str]] = {
        "open": (lambda: breakers.open_by_hand(name, by, why), "is open"),
        "close": (lambda: breakers.close_by_hand(name, by), "is closed"),
        "set": (lambda: breakers.set_numbers(name, _breaker_values(request), by), "has other numbers"),
        "reset": (lambda: breakers.reset_numbers(name, by), "has its declared numbers again"),
    }
    if verb not in acts:
        raise Http404
    do, done = acts[verb]
    return act(request, "ops-breakers", do, f"The breaker of {name} {done}.")


def _breaker_values(request: HttpRequest) -> dict[str, Any]:
    """The share is a percentage in the form, periods are seconds."""
    texts = {name: request.POST.get(name, "").strip() for name in breakers.NUMBERS}
    failures, percent = _number("failures", texts["failures"]), _number("ratio", texts["ratio"])
    periods = {name: _seconds(name, texts[name]) for name in ("within", "rest")}
    return {"failures": failures, "ratio": None if percent is None else percent / 100, **periods}


def _seconds(name: str, text: str) -> timedelta | None:
    try:
        return timedelta(seconds=float(text)) if text else None
    except (ValueError, OverflowError):
        raise InvalidInput(f"{name} is a number of seconds, not {text!r}.", {name: "is a number of seconds"}) from None


def _who(request: HttpRequest) -> str:
    return request.user.get_username()
