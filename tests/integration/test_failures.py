"""Failures grouped by what is one and the same: counted once, resolved, seen again, tried again with one job first."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from jobs.core.errors import InvalidState
from jobs.core.roles import Role
from jobs.core.states import State
from jobs.models import Failure, Job, Tenant
from jobs.queries import failures as queries
from jobs.services import failures, lifecycle, sightings, tenants
from tests.support import sample_jobs
from tests.support.people import signed_in
from tests.support.sample_jobs import Nothing

Ended = Callable[..., Job]


def test_attempts_that_fail_in_one_way_are_one_failure_counted_once(ended: Ended) -> None:
    first, second = ended(sample_jobs.fail.submit(Nothing())), ended(sample_jobs.fail.submit(Nothing()))
    ended(sample_jobs.give_up.submit(Nothing()))
    assert lifecycle.record() == 0
    failure = queries.get(first.failure)
    assert (failure.type, failure.error, failure.where) == ("sample.fail", "ValueError", "tests/support/sample_jobs.py in fail")
    assert (failure.attempts, failure.dead, failure.sample, failure.state) == (6, 2, second.pk, "new")
    assert failure.message == "attempt 3"
    assert failure.first_seen < failure.last_seen
    assert Failure.objects.count() == 2


def test_a_job_that_recovers_belongs_to_no_failure_any_more(ended: Ended) -> None:
    assert ended(sample_jobs.recover.submit(Nothing())).failure == ""
    assert Failure.objects.get().dead == 0


def test_an_ordinary_task_that_fails_is_grouped_too(platform: None, ended: Ended) -> None:
    sample_jobs.plain.delay(1, "x")
    job = None
    while job is None:
        lifecycle.record()
        job = Job.objects.filter(plain=True).exclude(finished_at=None).first()
    assert Failure.objects.get().type == "sample.plain"
    assert job.failure == Failure.objects.get().pk


def test_what_is_resolved_and_seen_again_is_a_regression(ended: Ended) -> None:
    ended(sample_jobs.give_up.submit(Nothing()))
    failure = Failure.objects.get()
    failures.resolve(failure, "olga")
    failure.refresh_from_db()
    assert (failure.state, failure.resolved_by) == ("resolved", "olga")
    with pytest.raises(InvalidState):
        failures.resolve(failure, "olga")
    ended(sample_jobs.give_up.submit(Nothing()))
    failure.refresh_from_db()
    assert (failure.state, failure.resolved_at) == ("regressed", None)
    assert queries.search("regressed").get() == failure
    assert not queries.search("new").exists()


def test_one_is_tried_again_and_then_the_rest(ended: Ended) -> None:
    jobs = [ended(sample_jobs.give_up.submit(Nothing())) for _ in range(3)]
    operator, failure = signed_in("olga", Role.OPERATOR), Failure.objects.get()
    path = f"/ops/failures/{failure.pk}/"
    page = operator.get(path).content.decode()
    assert "GiveUp" in page
    assert "no use" in page
    assert "in give_up" in page
    assert "One job is tried again" in operator.post(f"{path}canary", {"next": path}, follow=True).content.decode()
    failure.refresh_from_db()
    assert failure.canary
    assert failure.canary.replay_of_id == jobs[-1].pk
    ended(failure.canary, lambda job: bool(job.finished_at))
    Job.objects.filter(pk=failure.canary_id).update(state=State.SUCCEEDED)
    assert "Now the rest can follow." in operator.get(path).content.decode()
    preview = operator.get("/ops/bulk/new", {"act": "retry", "q": f"failure:{failure.pk} status:dead"}).content.decode()
    assert "Retry 2 jobs" in preview
    for _ in range(2):
        failures.send_canary(failure)
    with pytest.raises(InvalidState, match="No dead job"):
        failures.send_canary(failure)


def test_the_page_lists_by_state_resolves_and_reopens(ended: Ended) -> None:
    operator = signed_in("olga", Role.OPERATOR)
    assert "No failures here" in operator.get("/ops/failures/").content.decode()
    ended(sample_jobs.give_up.submit(Nothing()))
    path = f"/ops/failures/{Failure.objects.get().pk}/"
    assert "GiveUp" in operator.get("/ops/failures/?state=new").content.decode()
    operator.post(f"{path}resolve")
    assert "No failures here" in operator.get("/ops/failures/").content.decode()
    assert "Resolved by olga" in operator.get(path).content.decode()
    assert "is resolved already" in operator.post(f"{path}resolve", follow=True).content.decode()
    operator.post(f"{path}reopen")
    assert Failure.objects.get().state == "new"
    assert operator.post(f"{path}explode").status_code == 404
    assert operator.get("/ops/failures/none/").status_code == 404
    assert operator.get("/ops/failures/?state=purple").status_code == 404
    assert signed_in("vera", Role.VIEWER).post(f"{path}resolve").status_code == 403


def test_a_tenant_sees_its_own_failures_through_the_api(ended: Ended) -> None:
    ended(sample_jobs.give_up.submit(Nothing()))
    id = Failure.objects.get().pk

    def api(tenant: Tenant) -> Client:
        return Client(headers={"authorization": f"Bearer {tenants.create_key(tenant, 'k', ['operate'])[1]}"})

    mine, other = api(Tenant.objects.get(slug="default")), api(Tenant.objects.create(slug="other", name="Other"))
    assert mine.get("/api/failures").json()[0]["id"] == id
    assert other.get("/api/failures").json() == []
    assert other.post(f"/api/failures/{id}/resolve").status_code == 404
    assert mine.post(f"/api/failures/{id}/canary").status_code == 202
    assert mine.post(f"/api/failures/{id}/resolve").json()["state"] == "resolved"
    assert mine.post(f"/api/failures/{id}/resolve").status_code == 409


def test_the_command_line_lists_and_resolves(ended: Ended) -> None:
    ended(sample_jobs.give_up.submit(Nothing()))
    id = Failure.objects.get().pk

    def said(*words: str) -> str:
        out = StringIO()
        call_command("failures", *words, stdout=out)
        return out.getvalue()

    assert "GiveUp" in said("list")
    assert "submitted" in said("canary", id)
    said("resolve", id)
    with pytest.raises(CommandError, match="resolved already"):
        said("resolve", id)
    said("reopen", id)
    assert id in said("list", "--state", "new")


def test_what_was_not_seen_for_long_is_forgotten(db: None, settings: Any) -> None:
    old = timezone.now() - timedelta(days=settings.EVENT_ARCHIVE_DAYS + 1)
    Failure.objects.create(
        id="a" * 16, type="x.y", error="E", where="w", first_seen=old, last_seen=old, sample="8d1b2a5e-0000-4000-8000-000000000001"
    )
    assert sightings.forget() == 1
    assert not Failure.objects.exists()
