"""Jobs that are performed together (`@batch_job`), through a real worker."""

from collections.abc import Callable

import pytest

from jobs.core.states import State
from jobs.models import Job
from jobs.testing import perform
from jobs.worker.bundle import HELD_UP
from tests.support import sample_jobs
from tests.support.sample_jobs import Number, Seconds

Ended = Callable[..., Job]


def _together(ended: Ended, numbers: list[int]) -> dict[int, Job]:
    jobs = sample_jobs.add_up.submit_many([Number(number=number) for number in numbers])
    return {job.payload["number"]: ended(job) for job in jobs}


def test_jobs_that_wait_are_performed_together_each_with_its_own_answer(ended: Ended) -> None:
    jobs = _together(ended, list(range(20, 60)))
    results = {number: job.result for number, job in jobs.items()}
    assert all(result[0] == number for number, result in results.items())
    assert max(size for _, size in results.values()) > 1


def test_an_answer_that_is_an_exception_is_settled_for_its_job_alone(ended: Ended) -> None:
    jobs = _together(ended, [1, 7, 2, 3])
    assert (jobs[7].state, jobs[7].error["reason"]) == (State.DEAD, "not_retryable")
    assert [jobs[n].state for n in (1, 2, 3)] == [State.SUCCEEDED] * 3


def test_one_job_that_spoils_the_batch_does_not_spoil_its_neighbours(ended: Ended) -> None:
    jobs = _together(ended, [1, 2, 13, 3, 4])
    assert (jobs[13].state, jobs[13].attempt, jobs[13].error["reason"]) == (State.DEAD, 3, "retries_exhausted")
    assert [jobs[n].state for n in (1, 2, 3, 4)] == [State.SUCCEEDED] * 4


def test_a_batch_that_takes_its_time_is_performed_once(ended: Ended) -> None:
    """Scar: the watch over bundles handed back the jobs of a batch that was at work, and each was performed again."""
    for _ in range(2):  # the first alone shows that the type is short; then they travel together
        ended(sample_jobs.linger.submit(Seconds(seconds=0)))
    jobs = sample_jobs.linger.submit_many([Seconds(seconds=3 * HELD_UP)] * 8)
    done = [ended(job) for job in jobs]
    assert max(job.result for job in done) > 1
    assert {(job.state, job.turn) for job in done} == {(State.SUCCEEDED, 1)}


def test_a_batch_job_is_performed_alone_in_a_test() -> None:
    assert perform(sample_jobs.add_up, {"number": 5}).result == [5, 1]
    with pytest.raises(ValueError, match="thirteen"):
        perform(sample_jobs.add_up, {"number": 13})
