"""kill -9 of each kind of process while jobs run: every job ends, and none has its effect twice."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from jobs.core.states import State
from jobs.models import Job
from jobs.services import lifecycle
from stock.models import Location
from tests.support import sample_jobs
from tests.support.processes import Processes, until
from tests.support.sample_jobs import Nothing, Seconds

JOBS = 2000


def counts() -> Counter[str]:
    return Counter(Job.objects.filter(type__startswith="sample.").values_list("state", flat=True))


def succeeded(at_least: int) -> bool:
    return counts()[State.SUCCEEDED] >= at_least


def children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.timeout(180)
def test_every_job_ends_once_whatever_is_killed(farm: Processes) -> None:
    first, second = farm.worker("-c", "2", name="worker-1"), farm.worker("-c", "2", name="worker-2")
    recorder, _ = farm.recorder(), farm.beat()
    sample_jobs.effect.submit_many([Seconds(seconds=0.005)] * JOBS)

    until(lambda: succeeded(JOBS // 10), 60, farm.logs)
    os.kill(children(first.pid)[0], signal.SIGKILL)
    until(lambda: succeeded(JOBS // 5), 60, farm.logs)
    farm.kill(recorder)
    farm.recorder()
    until(lambda: succeeded(JOBS // 3), 60, farm.logs)
    farm.kill(second)
    farm.worker("-c", "2", name="worker-3")

    until(lambda: succeeded(JOBS), 90, lambda: f"{counts()}\n{farm.logs()}")
    assert counts() == {State.SUCCEEDED: JOBS}
    assert Location.objects.filter(name__startswith="job:").count() == JOBS


@pytest.mark.timeout(120)
def test_a_job_that_kills_its_worker_again_and_again_is_dead_as_worker_lost(farm: Processes) -> None:
    farm.worker("-c", "1")
    farm.recorder()
    poison = sample_jobs.kill_its_worker.submit(Nothing())
    until(lambda: bool(counts()[State.DEAD]), 90, farm.logs)
    poison.refresh_from_db()
    assert poison.error["reason"] == "worker_lost"
    assert poison.rescues > 0


@pytest.mark.timeout(120)
def test_a_job_over_its_time_is_stopped_tried_again_and_dead_as_timed_out(farm: Processes) -> None:
    farm.worker("-c", "1")
    farm.recorder()
    farm.beat()
    slow = sample_jobs.oversleep.submit(Nothing(), attempts=2)
    until(lambda: bool(counts()[State.DEAD]), 60, farm.logs)
    slow.refresh_from_db()
    assert (slow.error["reason"], slow.attempt) == ("timed_out", 2)


@pytest.mark.timeout(120)
def test_a_job_that_does_not_stop_when_asked_is_killed_after_the_grace(farm: Processes) -> None:
    worker = farm.worker("-c", "1")
    farm.recorder()
    farm.beat()
    sleeper = sample_jobs.effect.submit(Seconds(seconds=600))
    until(lambda: bool(counts()[State.RUNNING]), 60, farm.logs)
    assert lifecycle.cancel(Job.objects.get(pk=sleeper.pk)) == "requested"
    until(lambda: bool(counts()[State.CANCELLED]), 40, farm.logs)
    assert worker.poll() is None
    after = sample_jobs.effect.submit(Seconds(seconds=0))
    until(lambda: Job.objects.get(pk=after.pk).state == State.SUCCEEDED, 30, farm.logs)
