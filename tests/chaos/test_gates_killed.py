"""A limit over several workers of which one is killed: its job keeps its place until it is rescued, no place leaks, all end."""

from itertools import accumulate

import pytest

from jobs.core.states import State
from jobs.infra import gates
from jobs.models import Event, Job
from tests.support import sample_jobs
from tests.support.processes import Processes, until
from tests.support.sample_jobs import Keyed

JOBS = 30
STEPS = {"job.started": 1, "job.succeeded": -1, "job.rescued": -1}


def _succeeded() -> int:
    return Job.objects.filter(state=State.SUCCEEDED).count()


@pytest.mark.timeout(150)
def test_a_killed_worker_takes_no_place_of_a_limit_with_it(farm: Processes) -> None:
    first = farm.worker("-c", "2", name="worker-1")
    farm.recorder()
    farm.beat()
    sample_jobs.two_at_once.submit_many([Keyed(key=str(n), seconds=0.2) for n in range(JOBS)])
    until(lambda: _succeeded() >= 3, 60, farm.logs)
    farm.kill(first)
    farm.worker("-c", "4", name="worker-2")
    until(lambda: _succeeded() == JOBS, 90, farm.logs)
    names = Event.objects.filter(name__in=STEPS).order_by("position").values_list("name", flat=True)
    assert max(accumulate(STEPS[name] for name in names)) == 2
    assert Job.objects.filter(rescues__gt=0).exists()
    until(lambda: gates.awaited() == [], 30, lambda: str(gates.look(gates.awaited())))
