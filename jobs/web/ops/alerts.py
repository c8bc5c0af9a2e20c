"""Alerts: what goes on, the rules that raise them, and silence."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jobs.core.errors import InvalidInput, NotFound
from jobs.core.job_type import QUEUES
from jobs.models import AlertRule
from jobs.queries import alerts as queries
from jobs.services import alerts
from jobs.web.ops.shell import act, admin, operator, render, viewer


@viewer
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    told = [(alert, alerts.said(alert.rule, alert.value)) for alert in queries.firing()]
    past = [(alert, alerts.said(alert.rule, alert.value)) for alert in queries.over()]
    return render(request, "alerts.html", {"firing": told, "over": past, "rules": queries.rules()})


@admin
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """A new rule, or a known one."""
    rule = _rule(number) if number else AlertRule(kind=AlertRule.Kind.DEAD_RATE, threshold=0.2)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            alerts.keep(rule, _values(request.POST), request.user.get_username())
            return redirect("ops-alerts")
        except InvalidInput as error:
            wrong = error.fields or {"form": error.detail}
    view = {"rule": rule, "wrong": wrong, "kinds": AlertRule.Kind.choices, "queues": QUEUES}
    return render(request, "alert_rule.html", view, status=422 if wrong else 200)


def _values(told: Any) -> dict[str, Any]:
    return {
        "name": told.get("name", "").strip()[:100],
        "kind": told.get("kind", ""),
        "threshold": _number(told.get("threshold", ""), "threshold"),
        "window": timedelta(minutes=_number(told.get("window", "5"), "window")),
        "queue": told.get("queue", ""),
        "emails": [email.strip() for email in told.get("emails", "").split(",") if email.strip()],
        "digest": timedelta(minutes=_number(told.get("digest", "0"), "digest")),
        "enabled": bool(told.get("enabled")),
    }


def _number(text: str, name: str) -> float:
    try:
        number = float(text or 0)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e7:
        raise InvalidInput(f"{name} is a number.", {name: "is a number from 0 on"})
    return number


def _rule(number: int) -> AlertRule:
    try:
        return queries.get(number)
    except NotFound as error:
        raise Http404(str(error)) from error


@admin
@require_POST
def remove(request: HttpRequest, number: int) -> HttpResponse:
    return act(request, "ops-alerts", lambda: alerts.remove(_rule(number), request.user.get_username()), "The rule is removed.")


@operator
@require_POST
def silence(request: HttpRequest, number: int) -> HttpResponse:
    hours = request.POST.get("hours", "")
    for_ = timedelta(hours=int(hours)) if hours.isdecimal() and len(hours) < 5 else timedelta(days=-1)
    words = "The rule tells of what goes on again." if not for_ else f"Nobody is told for {hours} hours."
    return act(request, "ops-alerts", lambda: alerts.silence(_rule(number), for_, request.user.get_username()), words)
