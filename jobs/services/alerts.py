"""Alerts: raised once when a rule finds something, told once, and told once more when it is over.

Beat looks once a minute (jobs.worker.watch). The row of the rule is locked, so two beats raise nothing twice. Events are published
with the change; mails are written by a job, at most as often as the rule's digest says. While a rule is silenced its alerts are
kept and nobody is told; what still goes on afterwards is told then.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from pydantic import BaseModel, Field

from jobs.core.errors import InvalidInput
from jobs.core.event_type import EventType, event_types
from jobs.core.job_type import QUEUES
from jobs.models import Alert, AlertRule
from jobs.services import audit, events, submission
from jobs.services.submission import Order

JOB_TYPE = "platform.tell_alerts"
KEPT = timedelta(days=90)
LONGEST_SILENCE = timedelta(days=30)


class Raised(BaseModel):
    """A rule found something, or what it had found is over."""

    rule: str
    kind: str
    subject: str = Field(..., description="The queue, the breaker, or `jobs`.")
    value: float
    threshold: float
    since: datetime


FIRED, RESOLVED = "alert.fired", "alert.resolved"
event_types.add(EventType(FIRED, Raised, "An alert rule found something.", private=True))
event_types.add(EventType(RESOLVED, Raised, "What an alert rule had found is over.", private=True))


@transaction.atomic
def settle(rule: AlertRule, found: Mapping[str, float], now: datetime | None = None) -> int:
    """Raise what is new, end what is over, tell of both; answers how many alerts of the rule go on."""
    now, rule = now or timezone.now(), AlertRule.objects.select_for_update().get(pk=rule.pk)
    going = {alert.subject: alert for alert in Alert.objects.filter(rule=rule, resolved_at=None)}
    for subject, value in found.items():
        alert = going.get(subject) or Alert(rule=rule, subject=subject[:200], fired_at=now)
        alert.value = max(alert.value, value)
        if not alert.announced_at and not rule.silent:
            alert.announced_at = now
            _publish(FIRED, alert)
        alert.save()
    for alert in (alert for subject, alert in going.items() if subject not in found):
        alert.resolved_at = now
        alert.save()
        if alert.announced_at and not rule.silent:
            _publish(RESOLVED, alert)
    if _untold(rule).exists() and not rule.silent and (not rule.mailed_at or rule.mailed_at + rule.digest <= now):
        AlertRule.objects.filter(pk=rule.pk).update(mailed_at=now)
        submission.submit(Order(JOB_TYPE, {"rule": rule.pk}))
    return len(found)


def _publish(name: str, alert: Alert) -> None:
    rule = alert.rule
    data = Raised(rule=rule.name, kind=rule.kind, subject=alert.subject, value=alert.value, threshold=rule.threshold, since=alert.fired_at)
    events.publish(name, data.model_dump(), subject=f"alert:{rule.name}:{alert.subject}")


def _untold(rule: AlertRule) -> QuerySet[Alert]:
    """Alerts of which a mail has still to tell the beginning, or the end."""
    if not rule.emails:
        return Alert.objects.none()
    begun = Q(announced_at__isnull=False, mailed_at=None)
    over = Q(resolved_at__isnull=False, mailed_at__isnull=False, end_mailed_at=None)
    return Alert.objects.filter(begun | over, rule=rule).order_by("fired_at")


@transaction.atomic
def mail(number: int, reference: str) -> int:
    """One mail with all that has not been told; answers of how many alerts. A mail that fails is told again by the next try."""
    rule = AlertRule.objects.select_for_update().filter(pk=number).first()
    alerts = list(_untold(rule).select_for_update()) if rule else []
    if rule and alerts:
        now = timezone.now()
        for alert in alerts:
            alert.mailed_at = alert.mailed_at or now
            alert.end_mailed_at = now if alert.resolved_at else None
        Alert.objects.bulk_update(alerts, ["mailed_at", "end_mailed_at"])
        EmailMessage(_title(rule, alerts), _letter(rule, alerts), to=rule.emails, headers={"Message-ID": f"<{reference}@conveyor>"}).send()
    return len(alerts)


def _title(rule: AlertRule, alerts: Iterable[Alert]) -> str:
    going = sorted({alert.subject for alert in alerts if not alert.resolved_at})
    return f"{'Alert' if going else 'Over'}: {rule.name}{': ' + ', '.join(going) if going else ''}"[:200]


def _letter(rule: AlertRule, alerts: Iterable[Alert]) -> str:
    lines = [f"- {alert.subject}, {said(rule, alert.value)}, since {alert.fired_at:%d %b %H:%M} UTC{_end(alert)}" for alert in alerts]
    return "\n".join([f"{rule.get_kind_display()}:", "", *lines, "", f"{settings.SITE_URL}/ops/alerts/", ""])


def _end(alert: Alert) -> str:
    return f", over since {alert.resolved_at:%d %b %H:%M} UTC" if alert.resolved_at else ""


def said(rule: AlertRule, value: float) -> str:
    """The value in words."""
    words = {
        AlertRule.Kind.DEAD_RATE: f"{value:.1%} of jobs died",
        AlertRule.Kind.OLDEST_AGE: f"the oldest waited {value:,.0f} s",
        AlertRule.Kind.NO_WORKER: f"{value:,.0f} waiting, and no worker serves them",
    }
    return words.get(AlertRule.Kind(rule.kind), "it is open")


def keep(rule: AlertRule, values: Mapping[str, Any], by: str) -> AlertRule:
    """Write the rule, a new one or a known. Raises InvalidInput naming each wrong field."""
    for name, value in values.items():
        setattr(rule, name, value)
    wrong = {
        "name": "" if rule.name.strip() else "is missing",
        "kind": "" if rule.kind in AlertRule.Kind.values else f"is one of {', '.join(AlertRule.Kind.values)}",
        "threshold": _threshold(rule),
        "queue": "" if rule.queue in ("", *QUEUES) else f"is one of {', '.join(QUEUES)}, or empty for each",
        "window": "" if timedelta(minutes=1) <= rule.window <= timedelta(days=1) else "is a minute to a day",
        "digest": "" if timedelta(0) <= rule.digest <= timedelta(days=1) else "is at most a day",
        "emails": "" if all("@" in email and len(email) < 255 for email in rule.emails) else "are addresses, separated by commas",
    }
    if AlertRule.objects.exclude(pk=rule.pk).filter(name=rule.name).exists():
        wrong["name"] = "is another rule's"
    if found := {name: text for name, text in wrong.items() if text}:
        raise InvalidInput("; ".join(f"{name} {text}" for name, text in found.items()), found)
    with transaction.atomic():
        rule.save()
        audit.record("alert_rule.keep", f"alert_rule:{rule.pk}", by=by, name=rule.name, kind=rule.kind, threshold=rule.threshold)
    return rule


def _threshold(rule: AlertRule) -> str:
    if rule.kind == AlertRule.Kind.DEAD_RATE and not 0 < rule.threshold <= 1:
        return "is a share above 0, up to 1"
    return "is seconds above 0" if rule.kind == AlertRule.Kind.OLDEST_AGE and rule.threshold <= 0 else ""


@transaction.atomic
def remove(rule: AlertRule, by: str) -> None:
    audit.record("alert_rule.remove", f"alert_rule:{rule.pk}", by=by, name=rule.name)
    rule.delete()


@transaction.atomic
def silence(rule: AlertRule, for_: timedelta, by: str) -> AlertRule:
    """Tell nobody for that long; nothing ends a silence. Raises InvalidInput."""
    if not timedelta(0) <= for_ <= LONGEST_SILENCE:
        raise InvalidInput("A silence lasts at most 30 days.", {"for": "is at most 30 days"})
    rule.silenced_until = timezone.now() + for_ if for_ else None
    rule.silenced_by = by if for_ else ""
    rule.save(update_fields=["silenced_until", "silenced_by"])
    audit.record("alert_rule.silence", f"alert_rule:{rule.pk}", by=by, seconds=for_.total_seconds())
    return rule


def forget() -> int:
    """Alerts that have been over for long, and told, are forgotten; those of a rule that is off end. Answers how many went."""
    Alert.objects.filter(resolved_at=None, rule__enabled=False).update(resolved_at=timezone.now())
    return Alert.objects.filter(resolved_at__lt=timezone.now() - KEPT).delete()[0]
