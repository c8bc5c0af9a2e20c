"""A job's page for operators: logs by attempt, trying it again with another payload."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from jobs.core.job_type import registry
from jobs.core.roles import Role
from jobs.infra import job_log
from jobs.models import Job, Tenant
from jobs.services import submission, tenants
from jobs.services.submission import Order
from tests.support import sample_jobs
from tests.support.people import signed_in
from tests.support.sample_jobs import Nothing, Number

Ended = Callable[..., Job]


@pytest.fixture
def operator(platform: None) -> Client:
    return signed_in("olga", Role.OPERATOR)


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    return str(answer.content.decode())


def test_each_attempt_shows_what_it_logged_and_viewers_see_none_of_it(operator: Client, ended: Ended) -> None:
    job = ended(sample_jobs.talk.submit(Number(number=3)))
    page = text(operator.get(f"/ops/jobs/{job.pk}/"))
    assert page.index("attempt 2 ends") < page.index("attempt 1 ends")
    assert page.count("line.told line=2") == 2
    assert "attempt 2 ends" not in text(signed_in("vera", Role.VIEWER).get(f"/ops/jobs/{job.pk}/"))


def test_of_many_lines_the_last_are_kept(operator: Client, ended: Ended) -> None:
    job = ended(sample_jobs.talk.submit(Number(number=job_log.MOST_LINES + 20)))
    page = text(operator.get(f"/ops/jobs/{job.pk}/"))
    assert "The first 21 lines are not kept." in page
    assert f"line={job_log.MOST_LINES + 19}" in page


def test_a_job_that_logs_nothing_says_so(operator: Client, ended: Ended) -> None:
    assert "It logged nothing" in text(operator.get(f"/ops/jobs/{ended(sample_jobs.double.submit(Number(number=1))).pk}/"))


def test_the_api_and_the_command_line_tell_the_logs(ended: Ended) -> None:
    job = ended(sample_jobs.talk.submit(Number(number=1)))
    tenant = Tenant.objects.get(slug="default")
    keys = {scope: tenants.create_key(tenant, scope, ["read", scope])[1] for scope in ("submit", "operate")}
    answers = {scope: Client(headers={"authorization": f"Bearer {key}"}).get(f"/api/jobs/{job.pk}/logs") for scope, key in keys.items()}
    assert answers["submit"].status_code == 403
    first, second = answers["operate"].json()
    assert [line["text"] for line in first["lines"]] == ["line.told line=0", "attempt 1 ends"]
    assert (second["attempt"], second["lines"][1]["level"]) == (2, "warning")
    out = StringIO()
    call_command("jobs", "--json", "logs", str(job.pk), stdout=out)
    assert [line["text"] for line in json.loads(out.getvalue())][-1] == "attempt 2 ends"


def test_a_dead_job_is_tried_again_with_a_payload_that_its_type_takes(operator: Client, ended: Ended) -> None:
    job = ended(sample_jobs.talk.submit(Number(number=1)))
    path = f"/ops/jobs/{job.pk}/retry"
    page = text(operator.post(path, {"data": '{"number": "many"}'}), 422)
    assert "<code>number</code> Input should be a valid integer" in page
    assert "&quot;many&quot;" in page
    assert "is no JSON" in text(operator.post(path, {"data": "{"}), 422)
    assert "a JSON object" in text(operator.post(path, {"data": "[]"}), 422)
    assert Job.objects.count() == 1
    made = operator.post(path, {"data": '{"number": 0}'})
    again = Job.objects.get(replay_of=job)
    assert (made["Location"], again.payload, again.submitted_by.get_username()) == (f"/ops/jobs/{again.pk}/", {"number": 0}, "olga")  # type: ignore[union-attr]
    assert str(again.pk) in text(operator.get(f"/ops/jobs/{job.pk}/"))


def test_a_job_that_has_not_failed_is_not_tried_again(operator: Client, ended: Ended) -> None:
    job = ended(sample_jobs.double.submit(Number(number=1)))
    assert "Only a dead or cancelled job" in text(operator.post(f"/ops/jobs/{job.pk}/retry"), 422)


def test_the_payload_of_an_internal_type_is_not_given_by_an_operator(
    operator: Client, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ended(sample_jobs.give_up.submit(Nothing()))
    monkeypatch.setattr(type(registry.get(job.type)), "internal", True)
    assert "another payload</strong>" not in text(operator.get(f"/ops/jobs/{job.pk}/"))
    assert "says who acts" in text(operator.post(f"/ops/jobs/{job.pk}/retry", {"data": '{"user": 1}'}), 422)
    assert operator.post(f"/ops/jobs/{job.pk}/retry").status_code == 302


def test_operators_see_the_jobs_of_every_tenant_and_cancel_them(operator: Client) -> None:
    other = Tenant.objects.create(slug="other", name="Other")
    job = submission.submit(Order("sample.double", {"number": 1}, run_at=None, delay=sample_jobs.timedelta(minutes=5)), other).job
    assert "tenant other" in text(operator.get(f"/ops/jobs/{job.pk}/"))
    assert "The job is cancelled." in text(operator.post(f"/ops/jobs/{job.pk}/cancel", follow=True))
    assert operator.get("/ops/jobs/8d1b2a5e-0000-4000-8000-000000000001/").status_code == 404
