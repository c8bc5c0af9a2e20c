"""Short jobs that travel together: one that takes its time or dies does not take the others with it."""

import pytest

from jobs.core.states import State
from jobs.models import Event, Job
from tests.support.processes import Processes, until
from tests.support.sample_jobs import Seconds, moment

WARM = 60


@pytest.fixture
def quick(farm: Processes) -> Processes:
    """A worker with two children that has learnt how short these jobs are."""
    farm.worker("--concurrency", "2")
    farm.recorder()
    farm.beat()
    _run(farm, [0.0] * WARM)
    return farm


def _run(farm: Processes, seconds: list[float]) -> list[Job]:
    jobs = moment.submit_many([Seconds(seconds=s) for s in seconds])
    ids = [job.pk for job in jobs]
    until(lambda: not Job.objects.filter(pk__in=ids, finished_at=None).exists(), 60, farm.logs)
    return [Job.objects.get(pk=id) for id in ids]


def test_what_waits_behind_a_slow_job_is_handed_back_and_runs_elsewhere(quick: Processes) -> None:
    # Amid the others: the first of them may be fetched before the rest is published.
    jobs = _run(quick, [0.0] * 10 + [8.0] + [0.0] * 40)
    slow, others = jobs[10], jobs[:10] + jobs[11:]
    assert {job.state for job in (slow, *others)} == {State.SUCCEEDED}
    assert max(job.finished_at for job in others if job.finished_at) < slow.finished_at
    handed_back = Event.objects.filter(name="job.snoozed", subject__in=[str(job.pk) for job in others])
    assert handed_back.exists(), "nothing travelled behind the slow job, so nothing was shown"
    assert {job.attempt for job in others} == {1}


def test_a_poison_pill_among_short_jobs_is_found_and_its_neighbours_succeed(quick: Processes) -> None:
    poison, *others = _run(quick, [-1.0] + [0.0] * 40)
    assert (poison.state, (poison.error or {}).get("reason")) == (State.DEAD, "worker_lost")
    assert {job.state for job in others} == {State.SUCCEEDED}
