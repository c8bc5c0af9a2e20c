"""Limits, breakers and pauses as operators steer them: over HTTP and at the command line; and why a job waits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from jobs.core.roles import Role
from jobs.core.states import State
from jobs.infra import broker, gates
from jobs.infra.redis import client
from jobs.models import Event, Job, Limit, Pause, Tenant, Threshold
from jobs.queries import standing
from jobs.queries.why import why
from jobs.services import breakers, lifecycle, pauses, rules, submission, tenants
from jobs.web import live
from tests.support import sample_jobs
from tests.support.people import signed_in
from tests.support.sample_jobs import File, Keyed, Number


@pytest.fixture
def call(transactional_db: None) -> Callable[..., Any]:
    client().flushdb()
    tenant = Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]
    secret = tenants.create_key(tenant, "operator", ["read", "submit", "operate"])[1]
    reader = tenants.create_key(tenant, "reader", ["read"])[1]

    def send(method: str, path: str, body: str = "{}", key: str = "") -> Any:
        headers = {"authorization": f"Bearer {reader if key == 'reader' else secret}"}
        return Client().generic(method, f"/api{path}", body, content_type="application/json", headers=headers)

    return send


def _why(job: Job) -> list[tuple[str, int | None]]:
    lifecycle.record()
    return [(gate.name, gate.place) for gate in why(Job.objects.get(pk=job.pk))]


@pytest.mark.parametrize(("path", "name"), [("types", "sample.double"), ("tenants", "default"), ("tags", "night")])
def test_what_is_paused_over_http_is_shown_and_resumed(call: Callable[..., Any], path: str, name: str) -> None:
    paused = call("POST", f"/{path}/{name}/pause", '{"why": "moving"}').json()
    assert [(row["name"], row["why"]) for row in paused] == [(name, "moving")]
    held = sample_jobs.double.submit(Number(number=1), tags=["night"])
    lifecycle.record()
    (gate,) = call("GET", f"/jobs/{held.pk}/why").json()
    assert gate["name"] == f"paused_{path.removesuffix('s')}"
    assert "moving" in gate["detail"]
    assert gate["place"] == 0
    assert gate["opensWith"] == f"POST /api/{path}/{name}/resume"
    assert call("POST", f"/{path}/{name}/resume").json() == []
    assert broker.depths(["default"]) == {"default": 1}
    lifecycle.record()
    acts = set(Event.objects.acts().exclude(data__act="key.create").values_list("data__act", flat=True))
    assert acts == {f"{path.removesuffix('s')}.{verb}" for verb in ("pause", "resume")}


def test_the_live_part_of_a_page_links_to_what_opens_a_gate(call: Callable[..., Any]) -> None:
    pauses.pause("type", "sample.double", "tests", "closed")
    held = sample_jobs.double.submit(Number(number=1))
    lifecycle.record()
    held.refresh_from_db()
    said = {
        staff: render_to_string("jobs/live.html", live.view_of(held, User.objects.create_user(f"ola-{staff}", is_staff=staff)))
        for staff in (True, False)
    }
    assert all("was paused by tests: closed" in part for part in said.values())
    assert ["Open it" in part for part in said.values()] == [True, False]


def test_a_limit_is_set_shown_and_removed_over_http(call: Callable[..., Any]) -> None:
    made = call("PUT", "/limits/doubles", '{"concurrent": 2, "rate": 5, "perSeconds": 60, "type": "sample.double"}').json()
    assert {(row["kind"], row["words"]) for row in made} == {("rate", "5 starts in 60 s"), ("slots", "2 at once")}
    sample_jobs.double.submit_many([Number(number=n) for n in range(4)])
    slots = next(row for row in call("GET", "/limits").json() if row["kind"] == "rate" and row["name"] == "doubles")
    assert (slots["held"], slots["waiting"]) == (1, 3)
    assert call("DELETE", "/limits/doubles").status_code == 204
    assert call("DELETE", "/limits/doubles").status_code == 404
    assert broker.depths(["default"]) == {"default": 4}


@pytest.mark.parametrize(
    "body",
    [
        '{"concurrent": 0}',
        "{}",
        '{"rate": 1, "by": "moon"}',
        '{"rate": 1, "whenFull": "explode"}',
        '{"rate": 1, "type": "a b"}',
        '{"rate": "x"}',
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(call: Callable[..., Any], body: str) -> None:
    answer = call("PUT", "/limits/odd", body)
    assert answer.status_code == 422, answer.content
    assert gates.in_force() == []


def test_who_may_not_operate_may_not_steer_gates(call: Callable[..., Any]) -> None:
    for method, path in (
        ("GET", "/limits"),
        ("GET", "/breakers"),
        ("GET", "/pauses"),
        ("PUT", "/limits/x"),
        ("DELETE", "/limits/x"),
        ("POST", "/breakers/sample-file/open"),
        ("POST", "/breakers/sample-file/close"),
        ("PUT", "/breakers/sample-file/numbers"),
        ("DELETE", "/breakers/sample-file/numbers"),
        ("GET", "/types/unknown"),
        ("POST", "/types/sample.double/pause"),
        ("POST", "/types/sample.double/resume"),
    ):
        assert call(method, path, key="reader").status_code == 403, path


def test_a_breaker_opened_by_hand_holds_its_jobs_survives_redis_and_closes(call: Callable[..., Any]) -> None:
    assert call("POST", "/breakers/no-such/open").status_code == 404
    assert call("POST", "/breakers/sample-file/open", '{"why": "maintenance"}').json()["state"] == "open"
    held = sample_jobs.needs_a_file.submit(File(path="/nowhere"))
    assert _why(held) == [("breaker", 0)]
    client().flushdb()
    rules.restore()
    shown = next(row for row in call("GET", "/breakers").json() if row["name"] == "sample-file")
    assert (shown["state"], shown["why"]) == ("open", "maintenance")
    assert call("POST", "/breakers/sample-file/close").json()["state"] == "closed"
    assert not Pause.objects.exists()


def failed_calls(count: int) -> None:
    for _ in range(count):
        with pytest.raises(ConnectionError), sample_jobs.sample_file:
            raise ConnectionError


def test_when_a_breaker_opens_is_set_at_run_time_survives_redis_and_is_reset(call: Callable[..., Any]) -> None:
    def shown() -> dict[str, Any]:
        row = next(row for row in call("GET", "/breakers").json() if row["name"] == "sample-file")
        return {name: row[name] for name in ("failures", "ratio", "withinSeconds", "restSeconds", "setBy", "state")}

    declared = {"failures": 3, "ratio": 0.5, "withinSeconds": 30.0, "restSeconds": 0.5, "setBy": "", "state": "closed"}
    assert shown() == declared
    failed_calls(2)
    assert shown()["state"] == "closed"
    call("POST", "/breakers/sample-file/close")
    answer = call("PUT", "/breakers/sample-file/numbers", '{"failures": 2, "restSeconds": 60}').json()
    assert (answer["failures"], answer["ratio"], answer["restSeconds"], answer["setBy"][:7]) == (2, 0.5, 60.0, "key cvy")
    lifecycle.record()
    client().flushdb()
    rules.restore()
    failed_calls(2)
    opened = standing.one_breaker("sample-file")
    assert opened.state == "open"
    assert opened.opens_at
    assert opened.opens_at - timezone.now() > timedelta(seconds=30)
    call("POST", "/breakers/sample-file/close")
    assert call("DELETE", "/breakers/sample-file/numbers").json()["failures"] == 3
    assert shown() == declared
    assert call("DELETE", "/breakers/sample-file/numbers").status_code == 404
    failed_calls(2)
    assert shown()["state"] == "closed"
    lifecycle.record()
    acts = Event.objects.acts().filter(data__act__in=["breaker.set", "breaker.reset"]).order_by("position")
    assert [event.data["act"] for event in acts] == ["breaker.set", "breaker.reset"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("none", '{"failures": 2}', 404),
        ("sample-file", '{"failures": 0}', 422),
        ("sample-file", '{"ratio": 1.5}', 422),
        ("sample-file", '{"restSeconds": 0}', 422),
        ("sample-file", '{"withinSeconds": 100000}', 422),
    ],
)
def test_numbers_of_a_breaker_that_make_no_sense_are_refused(call: Callable[..., Any], path: str, body: str, status: int) -> None:
    assert call("PUT", f"/breakers/{path}/numbers", body).status_code == status
    assert not Threshold.objects.exists()


def test_types_that_no_worker_knows_are_listed(call: Callable[..., Any]) -> None:
    assert call("GET", "/types/unknown").json() == []
    held = sample_jobs.double.submit(Number(number=1))
    broker.park(replace(submission.message(held), type="sample.newer"))
    assert call("GET", "/types/unknown").json() == [{"type": "sample.newer", "waiting": 1}]
    out = StringIO()
    call_command("limits", "list", stdout=out)
    assert "1 job waits for the type sample.newer" in out.getvalue()


def test_why_names_every_gate_and_the_place_in_the_line(call: Callable[..., Any]) -> None:
    jobs = sample_jobs.two_at_once.submit_many([Keyed() for _ in range(5)])
    pauses.pause("tenant", "default", "tests", "closed")
    assert _why(jobs[4]) == [("concurrency", 2)]
    late = sample_jobs.two_at_once.submit(Keyed())
    assert _why(late) == [("paused_tenant", 0), ("concurrency", None)]
    slow = sample_jobs.ten_a_second.submit_many([Keyed() for _ in range(3)])
    pauses.resume("tenant", "default", "tests")
    lifecycle.record()
    gate = why(Job.objects.get(pk=slow[2].pk))[0]
    assert gate.name == "rate"
    assert gate.opens_at is not None


def test_the_command_line_steers_gates(call: Callable[..., Any]) -> None:
    def said(*command: str) -> str:
        out = StringIO()
        call_command(*command, stdout=out)
        return out.getvalue()

    assert "2 at once" in said("limits", "set", "doubles", "--concurrent", "2", "--type", "sample.double")
    assert "doubles" not in said("limits", "remove", "doubles")
    assert "sample.two_at_once" in said("limits", "list")
    assert "night shift" in said("pauses", "pause", "tag", "night", "--why", "night shift")
    assert "night shift" not in said("pauses", "resume", "tag", "night")
    assert "broken" in said("breakers", "open", "sample-file", "--why", "broken")
    assert "closed" in said("breakers", "close", "sample-file")
    numbers = ("--failures", "7", "--ratio", "0.9", "--within", "10", "--rest", "5")
    said("breakers", "set", "sample-file", *numbers)
    assert "7 failures and 90% within 10 s, rests 5 s" in standing.one_breaker("sample-file").words
    said("breakers", "reset", "sample-file")
    assert "3 failures" in standing.one_breaker("sample-file").words
    for command in (
        ("limits", "remove", "no"),
        ("pauses", "pause", "type", "no.such"),
        ("breakers", "open", "no"),
        ("breakers", "set", "sample-file", "--failures", "0"),
        ("breakers", "reset", "sample-file"),
    ):
        with pytest.raises(CommandError):
            call_command(*command)


def test_a_job_that_is_held_can_be_cancelled_and_is_not_in_the_line_any_more(call: Callable[..., Any]) -> None:
    jobs = sample_jobs.one_for_each_key.submit_many([Keyed() for _ in range(3)])
    lifecycle.record()
    assert call("POST", f"/jobs/{jobs[1].pk}/cancel").status_code == 200
    lifecycle.record()
    assert Job.objects.get(pk=jobs[1].pk).state == State.CANCELLED
    assert _why(jobs[2]) == [("concurrency", 0)]


# The pages


def test_the_page_pauses_limits_and_opens_again(call: Callable[..., Any]) -> None:
    operator = signed_in("olga", Role.OPERATOR)
    page = operator.post("/ops/pauses/pause", {"kind": "type", "name": "sample.double", "why": "night"}, follow=True).content.decode()
    assert "The type sample.double is paused." in page
    held = sample_jobs.double.submit(Number(number=1))
    lifecycle.record()
    assert "/ops/limits/#pause-type:sample.double" in operator.get(f"/jobs/{held.pk}/").content.decode()
    fields = {"name": "doubles", "concurrent": "3", "type": "sample.double", "per": "60"}
    page = operator.post("/ops/limits/set", fields, follow=True).content.decode()
    assert "3 at once" in page
    assert 'value="60"' in operator.get("/ops/limits/?change=doubles").content.decode()
    assert "is a whole number" in operator.post("/ops/limits/set", {**fields, "concurrent": "many"}, follow=True).content.decode()
    assert "goes on" in operator.post("/ops/pauses/resume", {"kind": "type", "name": "sample.double"}, follow=True).content.decode()
    assert "is removed" in operator.post("/ops/limits/doubles/remove", follow=True).content.decode()
    page = operator.post("/ops/breakers/sample-file/open", {"why": "broken"}, follow=True).content.decode()
    assert "olga: broken" in page
    assert "until somebody closes it" in page
    assert "is closed" in operator.post("/ops/breakers/sample-file/close", follow=True).content.decode()
    assert "There is no dependency" in operator.post("/ops/breakers/none/close", follow=True).content.decode()
    assert 'value="0.5"' in operator.get("/ops/breakers/?change=sample-file").content.decode()
    numbers = {"failures": "4", "ratio": "80", "within": "20", "rest": "2.5"}
    page = operator.post("/ops/breakers/sample-file/set", numbers, follow=True).content.decode()
    assert "4 failures and 80% within 20 s, rests 2.5 s" in page
    assert "set by olga" in page
    for rest, hint in (("soon", "is a number of seconds"), ("0", "above zero")):
        refused = operator.post("/ops/breakers/sample-file/set", {**numbers, "rest": rest}, follow=True)
        assert hint in refused.content.decode()
    assert "declared numbers again" in operator.post("/ops/breakers/sample-file/reset", follow=True).content.decode()
    assert operator.post("/ops/breakers/sample-file/explode").status_code == 404


def test_a_viewer_sees_limits_and_steers_none(call: Callable[..., Any]) -> None:
    viewer = signed_in("vera", Role.VIEWER)
    assert "<form" not in viewer.get("/ops/limits/").content.decode().partition('<div id="limits"')[2].partition("<dialog")[0]
    assert "Set it" not in viewer.get("/ops/breakers/?change=sample-file").content.decode()
    of_breakers = [f"/ops/breakers/sample-file/{verb}" for verb in ("open", "set", "reset")]
    for path in ("/ops/limits/set", "/ops/limits/x/remove", "/ops/pauses/pause", *of_breakers):
        assert viewer.post(path).status_code == 403


# The admin


def test_the_admin_sets_limits_by_the_same_door_and_lets_paused_things_go_on(call: Callable[..., Any], admin_client: Client) -> None:
    fields = {"name": "doubles", "concurrent": "1", "per": "00:00:01", "by": "type", "when_full": "wait", "type": "sample.double"}
    assert admin_client.post("/admin/jobs/limit/add/", fields).status_code == 302
    sample_jobs.double.submit_many([Number(number=n) for n in range(3)])
    assert broker.depths(["default"]) == {"default": 1}
    refused = admin_client.post("/admin/jobs/limit/add/", {**fields, "name": "Odd Name"})
    assert "is named in lower case" in refused.content.decode()
    limit = Limit.objects.get()
    assert admin_client.post(f"/admin/jobs/limit/{limit.pk}/change/", {**fields, "concurrent": "2"}).status_code == 302
    assert broker.depths(["default"]) == {"default": 2}
    assert admin_client.post(f"/admin/jobs/limit/{limit.pk}/delete/", {"post": "yes"}).status_code == 302
    assert broker.depths(["default"]) == {"default": 3}
    pauses.pause("tag", "night", "tests")
    row = Pause.objects.get()
    admin_client.post("/admin/jobs/pause/", {"action": "resume", "_selected_action": [row.pk]})
    assert not Pause.objects.exists()


def test_the_figures_tell_of_limits_and_breakers(call: Callable[..., Any]) -> None:
    sample_jobs.two_at_once.submit_many([Keyed() for _ in range(5)])
    breakers.open_by_hand("sample-file", "tests")
    text = call("GET", "/metrics").content.decode()
    assert 'conveyor_limit_waiting{kind="slots",limit="sample.two_at_once"} 3.0' in text
    assert 'conveyor_breaker_open{dependency="sample-file"} 1.0' in text
