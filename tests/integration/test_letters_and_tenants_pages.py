"""The pages of dead letters and of tenants."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.core.job_type import registry
from jobs.core.roles import Role
from jobs.core.states import State
from jobs.infra.redis import client
from jobs.models import DeadLetter, Job, Tenant
from jobs.queries import usage
from jobs.services import tenants
from tests.support.people import signed_in


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    client().flushdb()
    return Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]


@pytest.fixture
def letter(tenant: Tenant) -> Callable[..., DeadLetter]:
    def make(number: int = 1, **values: Any) -> DeadLetter:
        defaults = {"type": "sample.double", "queue": "default", "reason": "retries_exhausted", "payload": {"number": number}}
        about = {"error": {"type": "ValueError", "message": "no", "traceback": "at home"}, "message": {"headers": {"id": "h-1"}}}
        return DeadLetter.objects.create(reference=str(DeadLetter.objects.count()), tenant=tenant, **{**defaults, **about, **values})

    return make


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    return str(answer.content.decode())


def test_letters_are_found_by_reason_type_queue_and_whether_they_were_replayed(letter: Callable[..., DeadLetter]) -> None:
    operator = signed_in("olga", Role.OPERATOR)
    assert "No job has failed for good" in text(operator.get("/ops/dead-letters/"))
    letter()
    letter(reason="timed_out", type="x.y", queue="bulk", replayed_at=timezone.now())
    for query, shown in (
        ("reason=timed_out", "x.y"),
        ("queue=default", "sample.double"),
        ("replayed=no", "sample.double"),
        ("type=x.y", "x.y"),
    ):
        page = text(operator.get(f"/ops/dead-letters/?{query}"))
        assert "1 letter<" in page
        assert f">{shown}</a>" in page
    assert "status%3Adead%20queue%3Abulk" in text(operator.get("/ops/dead-letters/?queue=bulk"))
    assert operator.get("/ops/dead-letters/?reason=mood").status_code == 404
    assert operator.get("/ops/dead-letters/?replayed=perhaps").status_code == 404


def test_a_letter_is_replayed_as_it_is_or_with_another_payload(letter: Callable[..., DeadLetter]) -> None:
    operator, first, second = signed_in("olga", Role.OPERATOR), letter(4), letter(5)
    page = text(operator.get(f"/ops/dead-letters/{first.pk}/"))
    assert "at home" in page
    assert "h-1" in page
    made = operator.post(f"/ops/dead-letters/{first.pk}/replay")
    job = Job.objects.get(type="sample.double")
    assert (made["Location"], job.payload) == (f"/ops/jobs/{job.pk}/", {"number": 4})
    assert "has been replayed already" in text(operator.post(f"/ops/dead-letters/{first.pk}/replay"), 422)
    assert "valid integer" in text(operator.post(f"/ops/dead-letters/{second.pk}/replay", {"data": '{"number": "x"}'}), 422)
    operator.post(f"/ops/dead-letters/{second.pk}/replay", {"data": '{"number": 6}'})
    assert Job.objects.filter(payload={"number": 6}).exists()
    assert operator.get("/ops/dead-letters/99999/").status_code == 404


def test_the_payload_of_an_internal_type_is_replayed_as_it_is(letter: Callable[..., DeadLetter], monkeypatch: pytest.MonkeyPatch) -> None:
    operator, dead = signed_in("olga", Role.OPERATOR), letter(4)
    monkeypatch.setattr(type(registry.get("sample.double")), "internal", True)
    assert "another payload</strong>" not in text(operator.get(f"/ops/dead-letters/{dead.pk}/"))
    assert "says who acts" in text(operator.post(f"/ops/dead-letters/{dead.pk}/replay", {"data": '{"number": 5}'}), 422)
    assert operator.post(f"/ops/dead-letters/{dead.pk}/replay").status_code == 302


def test_viewers_do_not_see_what_letters_carry(letter: Callable[..., DeadLetter]) -> None:
    dead = letter(271828182)
    viewer = signed_in("vera", Role.VIEWER)
    page = text(viewer.get(f"/ops/dead-letters/{dead.pk}/"))
    assert "271828182" not in page
    assert "h-1" not in page
    assert viewer.post(f"/ops/dead-letters/{dead.pk}/replay").status_code == 403


def test_an_admin_purges_what_was_shown_and_nothing_that_came_later(letter: Callable[..., DeadLetter]) -> None:
    admin, newest = signed_in("ada", Role.ADMIN), letter()
    letter(reason="timed_out")
    assert "Purge 1<" in text(admin.get("/ops/dead-letters/?reason=retries_exhausted"))
    letter()
    form = {"reason": "retries_exhausted", "newest": str(newest.pk)}
    assert signed_in("olga", Role.OPERATOR).post("/ops/dead-letters/purge", form).status_code == 403
    assert "1 dead letters are deleted" in text(admin.post("/ops/dead-letters/purge", form, follow=True))
    assert DeadLetter.objects.count() == 2
    assert "Look at the letters first" in text(admin.post("/ops/dead-letters/purge", {}, follow=True))


def test_tenants_are_listed_with_what_they_used(tenant: Tenant) -> None:
    other, now = Tenant.objects.create(slug="other", name="Other"), timezone.now()

    def job(of: Tenant, state: State, seconds: int = 0) -> Job:
        return Job(tenant=of, type="x.y", queue="default", state=state, started_at=now, finished_at=now + timedelta(seconds=seconds))

    Job.objects.bulk_create([job(tenant, State.SUCCEEDED, 30), job(other, State.DEAD, 90), job(other, State.RUNNING)])
    tenants.create_key(other, "theirs", ["read"])
    first, second = usage.by_tenant()
    assert (first.tenant, first.submitted, first.dead, first.open, first.running, first.keys) == (other, 2, 1, 1, 1, 1)
    assert (second.tenant, second.succeeded, second.worked, second.share) == (tenant, 1, timedelta(seconds=30), 0.25)
    viewer = signed_in("vera", Role.VIEWER)
    assert "Other" in text(viewer.get("/ops/tenants/"))
    with CaptureQueriesContext(connection) as before:
        viewer.get("/ops/tenants/")
    Tenant.objects.bulk_create([Tenant(slug=f"t{n}", name=f"T{n}") for n in range(20)])
    with CaptureQueriesContext(connection) as after:
        viewer.get("/ops/tenants/")
    assert len(after) == len(before)
