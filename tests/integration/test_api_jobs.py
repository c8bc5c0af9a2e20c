"""The HTTP contract of jobs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from jobs.infra import alive
from jobs.infra.redis import client
from jobs.models import Job, Tenant
from jobs.services import tenants

Call = Callable[..., Any]


@pytest.fixture
def key(platform: None) -> str:
    return tenants.create_key(Tenant.objects.get(slug="default"), "tests", ["read", "submit"])[1]


@pytest.fixture
def call(key: str) -> Call:
    def send(method: str, path: str, body: Any = None, secret: str = key, **headers: str) -> Any:
        headers = {"authorization": f"Bearer {secret}", **headers}
        return Client().generic(method, f"/api{path}", _json(body), content_type="application/json", headers=headers)

    return send


def _json(body: Any) -> bytes:
    import orjson

    return b"" if body is None else orjson.dumps(body)


def test_a_submitted_job_is_accepted_and_its_location_shows_the_end(call: Call, ended: Callable[[Job], Job]) -> None:
    answer = call("POST", "/jobs", {"type": "sample.double", "data": {"number": 4}})
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    ended(Job.objects.get(pk=answer.json()["jobId"]))
    shown = call("GET", answer["Location"].removeprefix("/api")).json()
    assert (shown["status"], shown["result"], shown["data"]) == ("succeeded", 8, {"number": 4})


def test_waiting_answers_the_finished_job_before_the_recorder_has_written_it(call: Call) -> None:
    answer = call("POST", "/jobs", {"type": "sample.double", "data": {"number": 4}}, prefer="wait=10")
    assert (answer.status_code, answer.json()["status"], answer.json()["result"]) == (200, "succeeded", 8)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"type": "sample.double", "data": {"number": "many"}}, 422, "invalid_payload"),
        ({"type": "sample.duoble", "data": {}}, 422, "unknown_type"),
        ({"type": "sample.double", "data": {"number": 1}, "priority": 11}, 422, "invalid_input"),
        ({"type": "sample.double", "data": {"number": 1}, "colour": "red"}, 422, "invalid_input"),
        ({"type": "sample.double", "data": {"number": 1}, "tags": ["x" * 2_000_000]}, 413, "too_large"),
        ([], 422, "invalid_input"),
        *(
            ({"type": "sample.double", "data": {"number": 1}, **wrong}, 422, "invalid_input")
            for wrong in (
                {"runAt": "2030-01-01T10:00:00"},
                {"runAt": "9999-12-31T23:59:59-20:00"},
                {"expiresAt": "2030-01-01T10:00:00"},
            )
        ),
    ],
)
def test_bad_input_gets_a_problem_with_a_stable_code(call: Call, body: Any, status: int, code: str) -> None:
    answer = call("POST", "/jobs", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["error"] == answer.json()["detail"]
    assert not Job.objects.exists()


def test_a_known_key_answers_200_with_the_first_job(call: Call) -> None:
    body = {"type": "sample.double", "data": {"number": 4}}
    first = call("POST", "/jobs", body, **{"idempotency-key": "one"})
    again = call("POST", "/jobs", body, **{"idempotency-key": "one"})
    assert (again.status_code, again.json()["id"]) == (200, first.json()["jobId"])


def test_a_batch_with_a_wrong_job_accepts_nothing_and_names_the_index(call: Call) -> None:
    good, bad = ({"type": "sample.double", "data": {"number": n}} for n in (1, "many"))
    answer = call("POST", "/jobs/batch", [good, bad])
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["1.data.number"])
    assert not Job.objects.exists()
    assert len(call("POST", "/jobs/batch", [good, good]).json()) == 2


def test_another_tenants_job_is_not_found(call: Call) -> None:
    mine = call("POST", "/jobs", {"type": "sample.double", "data": {"number": 4}}).json()["jobId"]
    other = tenants.create_key(Tenant.objects.create(slug="other", name="Other"), "theirs", ["read", "submit"])[1]
    for method, path in (("GET", ""), ("GET", "/timeline"), ("POST", "/cancel"), ("POST", "/retry")):
        assert call(method, f"/jobs/{mine}{path}", secret=other).status_code == 404
    assert call("GET", "/jobs", secret=other).json()["items"] == []


def test_a_user_of_the_site_sees_their_own_jobs_through_the_api_and_staff_all(call: Call) -> None:
    theirs = call("POST", "/jobs", {"type": "sample.double", "data": {"number": 4}}).json()["jobId"]
    user, staff = Client(), Client()
    user.force_login(get_user_model().objects.create_user("ada"))
    staff.force_login(get_user_model().objects.create_user("bo", is_staff=True))
    assert user.get(f"/api/jobs/{theirs}").status_code == 404
    assert user.get("/api/jobs").json()["items"] == []
    assert staff.get(f"/api/jobs/{theirs}").status_code == 200


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_without_a_good_key_there_is_no_answer(call: Call, secret: str) -> None:
    answer = call("GET", "/jobs", secret=secret)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_key_without_the_scope_is_refused(call: Call) -> None:
    reader = tenants.create_key(Tenant.objects.get(slug="default"), "reader", ["read"])[1]
    assert call("POST", "/jobs", {"type": "sample.double", "data": {"number": 4}}, secret=reader).status_code == 403


def test_a_dead_job_can_be_retried_as_a_new_one_that_names_it(call: Call, ended: Callable[[Job], Job]) -> None:
    dead = call("POST", "/jobs", {"type": "sample.give_up"}).json()["jobId"]
    assert call("POST", f"/jobs/{dead}/retry").status_code in (202, 409)
    ended(Job.objects.get(pk=dead))
    again = call("POST", f"/jobs/{dead}/retry").json()["jobId"]
    assert call("GET", f"/jobs/{again}").json()["replayOf"] == dead
    assert call("POST", f"/jobs/{dead}/cancel").json()["code"] == "invalid_state"


def test_search_finds_by_payload_and_pages_by_cursor(call: Call) -> None:
    call("POST", "/jobs/batch", [{"type": "sample.double", "data": {"number": n}, "tags": ["t"]} for n in range(5)])
    first = call("GET", "/jobs?limit=3&tag=t").json()
    second = call("GET", f"/jobs?limit=3&tag=t&after={first['next']}").json()
    assert [j["data"]["number"] for j in first["items"] + second["items"]] == [4, 3, 2, 1, 0]
    assert second["next"] is None
    assert call("GET", "/jobs?status=lost").json()["code"] == "invalid_filter"


def test_types_and_queues_are_listed(call: Call) -> None:
    double = next(t for t in call("GET", "/types").json() if t["name"] == "sample.double")
    assert double["summary"] == "Twice the number."
    assert double["payload"]["required"] == ["number"]
    assert {q["name"] for q in call("GET", "/queues").json()} == {"checkout", "default", "bulk", "dead_letter"}


def test_health_says_what_is_down(db: None) -> None:
    client().flushdb()
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    expected = {"status": "unavailable", "postgresql": "up", "redis": "up", "workers": "down", "recorder": "down", "recorderLag": 0.0}
    assert answer.json() == expected
    for role in alive.ROLES:
        alive.tell(role, "here")
    assert Client().get("/readyz").json()["status"] == "ok"
    assert Client().get("/healthz").status_code == 200
