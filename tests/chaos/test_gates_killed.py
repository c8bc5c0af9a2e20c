"""A limit over several workers of which one is killed: its job keeps its place until it is rescued, no place leaks, all end."""

import pytest
from django.db.models import QuerySet

from jobs.core.positions import padded
from jobs.core.states import State
from jobs.infra import alive, gates, journal
from jobs.models import Event, Job
from tests.support import sample_jobs
from tests.support.processes import Processes, until
from tests.support.sample_jobs import Keyed

JOBS = 30
STEPS = ("job.started", "job.succeeded", "job.rescued")
FAR = "9"


def _succeeded() -> int:
    return _ours().filter(state=State.SUCCEEDED).count()


def _ours() -> "QuerySet[Job]":
    """Beat's chores submit jobs of other types meanwhile."""
    return Job.objects.filter(type="sample.two_at_once")


def _most_at_once(killed: str) -> int:
    """How many ran at once, at the most; what the killed worker ran has ended with it, whenever that was noticed."""
    running: set[str] = set()
    most = 0
    events = Event.objects.filter(name__in=STEPS, subject__in=[str(job.pk) for job in _ours()])
    for position, name, subject in events.order_by("position").values_list("position", "name", "subject"):
        if position > killed:
            running, killed = set(), FAR
        running = running | {subject} if name == "job.started" else running - {subject}
        most = max(most, len(running))
    return most


@pytest.mark.timeout(150)
def test_a_killed_worker_takes_no_place_of_a_limit_with_it(farm: Processes) -> None:
    farm.recorder()
    farm.beat()
    # Who records is there before who performs, or all would have ended before the first is seen to.
    until(lambda: bool(alive.lately(alive.RECORDER)), 60, farm.logs)
    first = farm.worker("-c", "2", name="worker-1")
    sample_jobs.two_at_once.submit_many([Keyed(key=str(n), seconds=0.2) for n in range(JOBS)])
    until(lambda: _succeeded() >= 3, 60, farm.logs)
    farm.kill(first)
    killed = padded(journal.last_id())
    farm.worker("-c", "4", name="worker-2")
    until(lambda: _succeeded() == JOBS, 90, farm.logs)
    assert _most_at_once(killed) == 2
    assert Job.objects.filter(rescues__gt=0).exists()
    until(lambda: gates.awaited() == [], 30, lambda: str(gates.look(gates.awaited())))
