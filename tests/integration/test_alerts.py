"""Alerts: raised once, told once by event and by mail, told once more when it is over; digest and silence."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from jobs.core.errors import InvalidInput
from jobs.core.roles import Role
from jobs.infra import alive, journal
from jobs.infra.redis import client
from jobs.models import Alert, AlertRule, Job, Tally, Tenant
from jobs.queries import alerts as queries
from jobs.services import alerts, tenants
from jobs.worker import watch
from tests.support import sample_jobs
from tests.support.people import signed_in
from tests.support.sample_jobs import Number

Kind = AlertRule.Kind


@pytest.fixture(autouse=True)
def _stores(transactional_db: None) -> None:
    client().flushdb()
    AlertRule.objects.all().delete()
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})


def rule(kind: Kind = Kind.OLDEST_AGE, **values: Any) -> AlertRule:
    defaults: dict[str, Any] = {"name": f"rule {AlertRule.objects.count()}", "threshold": 0.5, "emails": ["ops@example.com"]}
    return AlertRule.objects.create(kind=kind, **{**defaults, **values})


def told() -> list[tuple[str, str]]:
    return [(e.name, e.data["subject"]) for e in journal.read("0-0", 1000) if e.name.startswith("alert.")]


def mails() -> list[str]:
    """The mails' titles, after the jobs that write them have run."""
    for job in Job.objects.filter(type=alerts.JOB_TYPE, state="submitted"):
        alerts.mail(job.payload["rule"], str(job.pk))
        Job.objects.filter(pk=job.pk).update(state="succeeded")
    return [message.subject for message in mail.outbox]


def test_a_firing_is_told_once_and_its_end_once() -> None:
    late = rule(name="late")
    for found in ({"bulk": 700.0}, {"bulk": 900.0}, {"bulk": 800.0}, {}, {}):
        alerts.settle(late, found)
        mails()
    assert told() == [("alert.fired", "bulk"), ("alert.resolved", "bulk")]
    assert mails() == ["Alert: late: bulk", "Over: late"]
    assert "the oldest waited 700 s" in str(mail.outbox[0].body)
    alert = Alert.objects.get()
    assert (alert.value, alert.resolved_at is not None) == (900.0, True)
    alerts.settle(late, {"bulk": 700.0})
    assert told()[-1] == ("alert.fired", "bulk")


def test_a_digest_gathers_what_changed() -> None:
    late, now = rule(name="late", digest=timedelta(minutes=10)), timezone.now()
    alerts.settle(late, {"bulk": 1.0}, now)
    assert len(mails()) == 1
    alerts.settle(late, {"default": 1.0}, now + timedelta(minutes=1))
    alerts.settle(late, {"default": 1.0, "checkout": 1.0}, now + timedelta(minutes=2))
    assert len(mails()) == 1
    alerts.settle(late, {"default": 1.0, "checkout": 1.0}, now + timedelta(minutes=11))
    assert mails()[1] == "Alert: late: checkout, default"
    assert "bulk" in str(mail.outbox[1].body)
    assert len(told()) == 4


def test_while_silenced_nobody_is_told_and_what_goes_on_afterwards_is_told_then() -> None:
    late = alerts.silence(rule(name="late"), timedelta(hours=1), "olga")
    alerts.settle(late, {"bulk": 1.0, "default": 1.0})
    alerts.settle(late, {"bulk": 1.0})
    assert (told(), mails(), Alert.objects.count()) == ([], [], 2)
    alerts.silence(late, timedelta(0), "olga")
    alerts.settle(late, {"bulk": 1.0})
    assert (told(), mails()) == ([("alert.fired", "bulk")], ["Alert: late: bulk"])


def test_a_mail_that_fails_is_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    late = rule(name="late")
    alerts.settle(late, {"bulk": 1.0})
    with monkeypatch.context() as broken:
        broken.setattr(alerts.EmailMessage, "send", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            mails()
    assert mails() == ["Alert: late: bulk"]


def test_two_that_look_at_once_raise_it_once() -> None:
    late = rule()
    alerts.settle(late, {"bulk": 1.0})
    with pytest.raises(IntegrityError):
        Alert.objects.create(rule=late, subject="bulk")


def test_without_addresses_the_events_tell_alone() -> None:
    alerts.settle(rule(emails=[]), {"bulk": 1.0})
    assert (len(told()), Job.objects.count()) == (1, 0)


def test_rules_find_what_they_are_about() -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    for what, count in (("succeeded", 60), ("dead", 40)):
        Tally.objects.create(minute=now, type="x.y", queue="bulk", what=what, count=count)
    old = sample_jobs.double.submit(Number(number=1))
    Job.objects.filter(pk=old.pk).update(state="queued", queued_at=now - timedelta(hours=1))
    sight = queries.look()
    assert queries.findings(rule(Kind.DEAD_RATE, threshold=0.4), sight) == {"jobs": 0.4}
    assert queries.findings(rule(Kind.DEAD_RATE, threshold=0.4, queue="default"), sight) == {}
    assert queries.findings(rule(Kind.DEAD_RATE, threshold=0.41), sight) == {}
    assert list(queries.findings(rule(Kind.OLDEST_AGE, threshold=3000), sight)) == ["default"]
    assert queries.findings(rule(Kind.OLDEST_AGE, threshold=3000, queue="bulk"), sight) == {}
    assert queries.findings(rule(Kind.NO_WORKER, threshold=60), sight) == {"default": 1.0}
    assert queries.findings(rule(Kind.NO_WORKER, threshold=7200), sight) == {}
    alive.tell(alive.WORKER, "here@host", {"queues": ["default"]})
    assert queries.findings(rule(Kind.NO_WORKER), queries.look()) == {}
    assert queries.findings(rule(Kind.BREAKER_OPEN), queries.Sight([], ["smtp"])) == {"smtp": 1.0}


def test_beat_asks_every_rule_that_is_on() -> None:
    rule(Kind.NO_WORKER, name="on")
    rule(Kind.NO_WORKER, name="off", enabled=False)
    job = sample_jobs.double.submit(Number(number=1))
    Job.objects.filter(pk=job.pk).update(state="queued", queued_at=timezone.now() - timedelta(hours=1))
    assert watch.alarm() == 1
    assert Alert.objects.get().rule.name == "on"
    Alert.objects.update(resolved_at=timezone.now() - timedelta(days=100))
    assert alerts.forget() == 1


def test_an_alert_goes_out_by_a_job_of_the_platform(ended: Callable[..., Job]) -> None:
    alerts.settle(rule(name="late"), {"bulk": 1.0})
    assert ended(Job.objects.get(type=alerts.JOB_TYPE)).result == 1
    assert mail.outbox[0].to == ["ops@example.com"]


def test_admins_write_rules_and_operators_silence_them() -> None:
    admin, operator, viewer = (signed_in(role.group, role) for role in (Role.ADMIN, Role.OPERATOR, Role.VIEWER))
    form = {
        "name": "late",
        "kind": "oldest_age",
        "threshold": "60",
        "window": "5",
        "emails": "a@example.com, b@example.com",
        "enabled": "on",
    }
    assert operator.post("/ops/alerts/new", form).status_code == 403
    assert admin.post("/ops/alerts/new", form).status_code == 302
    made = AlertRule.objects.get()
    assert made.emails == ["a@example.com", "b@example.com"]
    wrong = admin.post("/ops/alerts/new", {**form, "threshold": "much", "emails": "nobody"})
    assert (wrong.status_code, "is a number" in wrong.content.decode()) == (422, True)
    again = admin.post("/ops/alerts/new", form).content.decode()
    assert "is another rule" in again
    path = f"/ops/alerts/{made.pk}/"
    assert admin.post(path, {**form, "threshold": "90"}).status_code == 302
    assert viewer.post(f"{path}silence", {"hours": "1"}).status_code == 403
    assert "Nobody is told for 8 hours" in operator.post(f"{path}silence", {"hours": "8"}, follow=True).content.decode()
    assert "silenced by ops operator" in viewer.get("/ops/alerts/").content.decode()
    assert "at most 30 days" in operator.post(f"{path}silence", {"hours": "9999"}, follow=True).content.decode()
    assert operator.post(f"{path}remove").status_code == 403
    admin.post(f"{path}remove")
    assert admin.get(path).status_code == 404


def test_the_page_shows_what_goes_on_and_what_is_over() -> None:
    viewer, late = signed_in("vera", Role.VIEWER), rule(name="late")
    assert "Nothing is wrong" in viewer.get("/ops/alerts/").content.decode()
    alerts.settle(late, {"bulk": 61.0})
    assert "the oldest waited 61 s" in viewer.get("/ops/alerts/").content.decode()
    assert "late" in viewer.get("/ops/").content.decode()
    alerts.settle(late, {})
    assert "Lasted" in viewer.get("/ops/alerts/").content.decode()


def test_the_api_writes_rules_and_tells_alerts() -> None:
    key = tenants.create_key(Tenant.objects.get(slug="default"), "k", ["operate"])[1]
    api = Client(headers={"authorization": f"Bearer {key}"})

    def send(method: str, path: str, body: Any = None) -> Any:
        return getattr(api, method)(f"/api{path}", body or {}, content_type="application/json")

    body = {"name": "late", "kind": "oldest_age", "threshold": 60, "emails": ["a@example.com"], "digestSeconds": 600}
    made = send("post", "/alert-rules", body)
    assert (made.status_code, made.json()["digestSeconds"]) == (201, 600)
    assert send("post", "/alert-rules", {**body, "name": "x", "kind": "mood"}).json()["fields"].keys() == {"kind"}
    path = f"/alert-rules/{made.json()['id']}"
    assert send("put", path, {**body, "threshold": 90}).json()["threshold"] == 90
    assert send("post", f"{path}/silence", {"seconds": 3600}).json()["silencedUntil"]
    alerts.settle(AlertRule.objects.get(), {"bulk": 91.0})
    assert api.get("/api/alerts").json()[0]["words"] == "the oldest waited 91 s"
    assert len(api.get("/api/alert-rules").json()) == 1
    assert send("delete", path).status_code == 204
    assert send("delete", path).status_code == 404


def test_a_rule_that_makes_no_sense_is_refused_by_its_fields() -> None:
    with pytest.raises(InvalidInput) as refused:
        alerts.keep(AlertRule(), {"name": " ", "kind": Kind.DEAD_RATE, "threshold": 2, "queue": "x", "window": timedelta(0)}, "olga")
    assert set(refused.value.fields) == {"name", "threshold", "queue", "window"}


def test_the_command_line_lists_and_silences() -> None:
    late = rule(name="late")

    def said(*words: str) -> str:
        out = StringIO()
        try:
            call_command("alerts", *words, stdout=out)
        except SystemExit as end:
            return f"{end.code} {out.getvalue()}"
        return out.getvalue()

    assert "Nothing is wrong" in said("list")
    alerts.settle(late, {"bulk": 61.0})
    assert said("list").startswith("1 ")
    assert "silenced until" in said("silence", str(late.pk), "2")
    assert "silenced" in said("rules")
    assert "tells again" in said("silence", str(late.pk), "0")
    with pytest.raises(CommandError, match="at most 30 days"):
        said("silence", str(late.pk), "9999")
