"""The HTTP contract of dead letters."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jobs.models import DeadLetter, Job, Tenant
from jobs.services import tenants
from tests.integration.test_dead_letters import kept
from tests.support import sample_jobs
from tests.support.sample_jobs import Nothing


def client_with(*scopes: str, tenant: str = "default") -> Client:
    owner, _ = Tenant.objects.get_or_create(slug=tenant, defaults={"name": tenant})
    return Client(headers={"authorization": f"Bearer {tenants.create_key(owner, 'tests', scopes)[1]}"})


@pytest.fixture
def letter(ended: Callable[[Job], Job]) -> DeadLetter:
    ended(sample_jobs.give_up.submit(Nothing()))
    return kept(1)[0]


def test_a_letter_is_listed_by_its_reason_and_shown_whole(letter: DeadLetter) -> None:
    api = client_with("read")
    (listed,) = api.get("/api/dead-letters?reason=not_retryable").json()["items"]
    assert listed == api.get(f"/api/dead-letters/{letter.pk}").json()
    assert (listed["type"], listed["jobId"], listed["error"]["message"]) == ("sample.give_up", str(letter.job_id), "no use")
    assert api.get("/api/dead-letters?reason=timed_out").json()["items"] == []
    assert api.get("/api/dead-letters?reason=tired").json()["code"] == "invalid_filter"


def test_a_replay_is_a_new_job_and_happens_once(letter: DeadLetter) -> None:
    api = client_with("read", "operate")
    answer = api.generic("POST", f"/api/dead-letters/{letter.pk}/replay")
    assert answer.status_code == 202
    assert Job.objects.get(pk=answer.json()["jobId"]).replay_of_id == letter.job_id
    again: Any = api.generic("POST", f"/api/dead-letters/{letter.pk}/replay")
    assert (again.status_code, again.json()["code"]) == (409, "invalid_state")


def test_a_replay_with_data_that_does_not_fit_is_refused(letter: DeadLetter) -> None:
    answer = client_with("operate").post(f"/api/dead-letters/{letter.pk}/replay", {"data": {"no": 1}}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_payload")
    letter.refresh_from_db()
    assert letter.replayed_at is None


def test_many_are_counted_before_they_are_replayed(letter: DeadLetter) -> None:
    api = client_with("operate")
    preview = api.post("/api/dead-letters/replay", {"type": "sample.give_up"}, content_type="application/json").json()
    assert (preview["count"], len(preview["sample"]), preview["dryRun"]) == (1, 1, True)
    assert Job.objects.count() == 1
    body = {"type": "sample.give_up", "dryRun": False}
    assert api.post("/api/dead-letters/replay", body, content_type="application/json").json()["count"] == 1
    assert api.post("/api/dead-letters/replay", body, content_type="application/json").json()["count"] == 0
    assert Job.objects.count() == 2


def test_purging_by_filter_leaves_the_others(letter: DeadLetter) -> None:
    api = client_with("operate")
    assert api.delete("/api/dead-letters?type=another.type").json() == {"count": 0}
    assert api.delete("/api/dead-letters?type=sample.give_up").json() == {"count": 1}


def test_steering_needs_its_scope_and_another_tenants_letter_is_not_found(letter: DeadLetter) -> None:
    assert client_with("read", "submit").generic("POST", f"/api/dead-letters/{letter.pk}/replay").status_code == 403
    assert client_with("operate", tenant="other").generic("POST", f"/api/dead-letters/{letter.pk}/replay").status_code == 404
