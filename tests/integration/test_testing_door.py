"""jobs.testing: what an app's own tests stand on."""

import pytest

from jobs.core.outcomes import Cancelled, GiveUp
from jobs.models import Job, Tenant
from jobs.testing import assert_submitted, perform, run_submitted
from tests.support import sample_jobs
from tests.support.sample_jobs import Nothing, Number


@pytest.fixture(autouse=True)
def _tenant(db: None) -> None:
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})


def test_performing_answers_the_result_and_raises_what_the_job_raises() -> None:
    assert perform(sample_jobs.double, {"number": 2}).result == 4
    assert perform(sample_jobs.recover, Nothing(), attempt=2).result == "well again"
    with pytest.raises(GiveUp):
        perform(sample_jobs.give_up, Nothing())


def test_a_job_can_be_asked_to_stop() -> None:
    with pytest.raises(Cancelled):
        perform(sample_jobs.forever, Nothing(), cancel_after=0)


def test_what_was_submitted_is_found_or_told() -> None:
    sample_jobs.double.submit(Number(number=3))
    assert assert_submitted(sample_jobs.double, number=3).payload == {"number": 3}
    with pytest.raises(AssertionError, match=r"\{'number': 3\}"):
        assert_submitted(sample_jobs.double, number=4)


def test_submitted_jobs_run_by_their_policy() -> None:
    for job in (sample_jobs.recover, sample_jobs.fail, sample_jobs.give_up):
        job.submit(Nothing())
    run_submitted()
    ended = dict(Job.objects.values_list("type", "state"))
    assert ended == {"sample.recover": "succeeded", "sample.fail": "dead", "sample.give_up": "dead"}
    assert dict(Job.objects.values_list("type", "attempt")) == {"sample.recover": 2, "sample.fail": 3, "sample.give_up": 1}
