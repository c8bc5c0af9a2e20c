"""Alerts and their rules over HTTP."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Status

from jobs.api.auth import person_of, require, who
from jobs.api.schemas import Camel
from jobs.core.errors import NotAllowed
from jobs.core.roles import Role
from jobs.models import Alert, AlertRule
from jobs.models.tenant import Scope
from jobs.queries import alerts as queries
from jobs.queries.roles import has
from jobs.services import alerts

router = Router(tags=["alerts"])


class RuleIn(Camel):
    name: str = Field(..., max_length=100)
    kind: str = Field(..., description="dead_rate, oldest_age, no_worker or breaker_open")
    threshold: float = Field(0, ge=0, description="A share of jobs that died, or seconds of an age.")
    window_seconds: int = Field(300, ge=60, le=86400)
    queue: str = ""
    emails: list[str] = Field(default_factory=list)
    digest_seconds: int = Field(0, ge=0, le=86400)
    enabled: bool = True


class RuleOut(RuleIn):
    id: int
    silenced_until: datetime | None


class AlertOut(Camel):
    rule: str
    subject: str
    value: float
    words: str
    fired_at: datetime
    resolved_at: datetime | None


class SilenceIn(Camel):
    seconds: int = Field(..., ge=0, description="0 ends the silence.")


@router.get("/alerts", response=list[AlertOut], by_alias=True)
def going(request: HttpRequest) -> Any:
    """The alerts that go on, and the latest that are over."""
    require(request, Scope.OPERATE)
    return [_alert(alert) for alert in [*queries.firing(), *queries.over()]]


@router.get("/alert-rules", response=list[RuleOut], by_alias=True)
def rules(request: HttpRequest) -> Any:
    """What raises an alert."""
    require(request, Scope.OPERATE)
    return [_rule(rule) for rule in queries.rules()]


@router.post("/alert-rules", response={201: RuleOut}, by_alias=True)
def create(request: HttpRequest, body: RuleIn) -> Any:
    """A new rule."""
    _admin(request)
    return Status(201, _rule(alerts.keep(AlertRule(), _values(body), who(request))))


@router.put("/alert-rules/{int:number}", response=RuleOut, by_alias=True)
def change(request: HttpRequest, number: int, body: RuleIn) -> Any:
    """Write a rule anew."""
    _admin(request)
    return _rule(alerts.keep(queries.get(number), _values(body), who(request)))


@router.delete("/alert-rules/{int:number}", response={204: None})
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Remove a rule and its alerts."""
    _admin(request)
    alerts.remove(queries.get(number), who(request))
    return HttpResponse(status=204)


@router.post("/alert-rules/{int:number}/silence", response=RuleOut, by_alias=True)
def silence(request: HttpRequest, number: int, body: SilenceIn) -> Any:
    """Tell nobody for so long."""
    require(request, Scope.OPERATE)
    return _rule(alerts.silence(queries.get(number), timedelta(seconds=body.seconds), who(request)))


def _admin(request: HttpRequest) -> None:
    require(request, Scope.OPERATE)
    if person_of(request) and not has(request.user, Role.ADMIN):
        raise NotAllowed("Only an admin says what raises an alert.")


def _values(body: RuleIn) -> dict[str, Any]:
    same = {name: getattr(body, name) for name in ("name", "kind", "threshold", "queue", "emails", "enabled")}
    return {**same, "window": timedelta(seconds=body.window_seconds), "digest": timedelta(seconds=body.digest_seconds)}


def _rule(rule: AlertRule) -> dict[str, Any]:
    names = ("id", "name", "kind", "threshold", "queue", "emails", "enabled", "silenced_until")
    spans = {"window_seconds": int(rule.window.total_seconds()), "digest_seconds": int(rule.digest.total_seconds())}
    return {name: getattr(rule, name) for name in names} | spans


def _alert(alert: Alert) -> dict[str, Any]:
    same = {name: getattr(alert, name) for name in ("subject", "value", "fired_at", "resolved_at")}
    return {**same, "rule": alert.rule.name, "words": alerts.said(alert.rule, alert.value)}
