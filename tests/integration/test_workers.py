"""Real workers under the operator's hand: what they are doing, drained, and with children that are replaced."""

from collections.abc import Callable
from io import StringIO
from queue import SimpleQueue
from typing import Any

import psutil
import pytest
from celery.contrib.testing.worker import start_worker
from django.core.management import CommandError, call_command

from config.celery import app
from jobs.core.roles import Role
from jobs.infra import alive
from jobs.models import Job
from jobs.queries import audit
from jobs.services import lifecycle, steering
from tests.support import sample_jobs
from tests.support.people import signed_in
from tests.support.processes import Processes, until
from tests.support.sample_jobs import Nothing, Number, Seconds


def there(farm: Processes) -> dict[str, Any]:
    """What the one worker says of itself, once it does."""
    until(lambda: bool(alive.lately(alive.WORKER)), 60, farm.logs)
    (name,) = alive.lately(alive.WORKER)
    return {"name": name, **alive.about(alive.WORKER, [name])[0]}


def recorded(condition: Callable[[], bool]) -> Callable[[], bool]:
    def look() -> bool:
        lifecycle.record()
        return condition()

    return look


def test_a_stuck_worker_shows_what_it_is_doing(farm: Processes) -> None:
    farm.worker("--concurrency", "2")
    name = there(farm)["name"]
    sample_jobs.forever.submit(Nothing())
    until(recorded(lambda: Job.objects.filter(state="running").exists()), 30, farm.logs)
    out = StringIO()
    call_command("workers", "stacks", name, stdout=out)
    told = out.getvalue()
    assert told.count("=== main process") == 1
    assert told.count("=== child process") == 2
    assert "in forever" in told
    assert "It did not answer" not in told
    with pytest.raises(CommandError, match="sign of life"):
        call_command("workers", "stacks", "ghost@nowhere")


def test_a_worker_in_a_thread_never_ends_the_process_around_it(transactional_db: None) -> None:
    with start_worker(app, pool="solo", perform_ping_check=False, queues=["bulk"], loglevel="ERROR") as worker:
        worker.consumer._asked_to_stop = wishes = SimpleQueue[None]()
    assert worker.consumer.stop_seconds > 0
    assert wishes.empty()


def test_a_worker_obeys_the_buttons_of_its_page_and_each_press_is_kept(farm: Processes) -> None:
    worker = farm.worker("--concurrency", "1", "--queues", "bulk")
    name = there(farm)["name"]
    operator = signed_in("olga", Role.OPERATOR)

    def press(act: str) -> None:
        assert f"{name} was told to {act}." in operator.post(f"/ops/workers/{name}", {"act": act}, follow=True).content.decode()

    def says(**facts: Any) -> None:
        until(lambda: facts.items() <= alive.about(alive.WORKER, [name])[0].items(), 60, farm.logs)

    press("quiet")
    says(queues=[])
    held = sample_jobs.bulk_double.submit(Number(number=1))
    assert 'value="listen"' in operator.get("/ops/workers/").content.decode()
    press("listen")
    # What it was started for, not all that there is.
    says(queues=["bulk"])
    until(recorded(lambda: Job.objects.filter(pk=held.pk, state="succeeded").exists()), 60, farm.logs)
    press("grow")
    says(processes=2)
    press("shrink")
    says(processes=1)
    page = operator.get(f"/ops/workers/{name}/stacks").content.decode()
    assert page.count('class="frames"') == 2
    press("stop")
    until(lambda: worker.poll() is not None, 60, farm.logs)
    assert worker.returncode == 0
    assert operator.get(f"/ops/workers/{name}/stacks").status_code == 404
    acts = ["quiet", "listen", "grow", "shrink", "stop"]
    while lifecycle.record():
        pass
    kept = audit.acts(object=f"worker:{name}").order_by("position")
    assert [(row.data["actor"], row.data["act"]) for row in kept] == [("olga", f"worker.{act}") for act in acts]


def test_a_worker_that_drains_ends_what_it_took_and_leaves(farm: Processes) -> None:
    worker = farm.worker("--concurrency", "2")
    name = there(farm)["name"]
    for _ in range(6):
        sample_jobs.effect.submit(Seconds(seconds=2))
    until(recorded(lambda: Job.objects.filter(state="running").count() == 2), 30, farm.logs)
    steering.tell_worker(name, "drain", "tests")
    until(lambda: worker.poll() is not None, 60, farm.logs)
    while lifecycle.record():
        pass
    assert worker.returncode == 0
    assert not Job.objects.filter(state="running").exists()
    assert not Job.objects.filter(rescues__gt=0).exists()
    assert Job.objects.filter(state="succeeded").count() >= 2
    assert alive.lately(alive.WORKER) == []


# What the job is asked, how many jobs, the limit, and whether children are replaced by it. Each has a twin without a limit to speak of.
RECYCLED = [
    (sample_jobs.pid, 0, 60, {"WORKER_CHILD_BUNDLES": "4"}, True),
    (sample_jobs.pid, 0, 60, {}, False),
    # Without the job a child has less than that, with it more.
    (sample_jobs.fill, 400, 8, {"WORKER_CHILD_MEGABYTES": "400"}, True),
    (sample_jobs.fill, 400, 8, {"WORKER_CHILD_MEGABYTES": "4000"}, False),
]


@pytest.mark.parametrize(("job", "asked", "count", "env", "replaced"), RECYCLED, ids=["jobs", "jobs twin", "memory", "memory twin"])
def test_children_are_replaced_at_their_limit_and_nothing_is_lost_meanwhile(
    farm: Processes, job: Any, asked: int, count: int, env: dict[str, str], replaced: bool
) -> None:
    worker = farm.worker("--concurrency", "2", **env)
    about = there(farm)
    assert {"share", "load", "lag", "version", "draining", "cpu"} <= about.keys()
    until(lambda: len(psutil.Process(worker.pid).children()) == 2, 60, farm.logs)
    first = {child.pid for child in psutil.Process(worker.pid).children()}
    made = job.submit_many([Number(number=asked)] * count)
    until(recorded(lambda: Job.objects.filter(finished_at__isnull=False).count() == len(made)), 90, farm.logs)
    ended = list(Job.objects.values_list("state", "attempt", "rescues", "result"))
    assert {(state, attempt, rescues) for state, attempt, rescues, _ in ended} == {("succeeded", 1, 0)}
    performed_by = {pid for *_, pid in ended}
    assert len(performed_by) > 2 if replaced else performed_by <= first
    # However often they are replaced, there are as many as were asked for.
    until(lambda: len(psutil.Process(worker.pid).children()) == 2, 60, farm.logs)


def test_top_prints_one_picture(farm: Processes) -> None:
    alive.tell(alive.WORKER, "w1@here", {"queues": ["bulk"], "processes": 2, "running": [{"id": "7", "type": "a.b", "since": 1}]})
    out = StringIO()
    call_command("top", "--once", stdout=out)
    for words in ("w1@here", "checkout", "bulk", "1/2", "a.b", "running (1)", "No breaker is open"):
        assert words in out.getvalue()
    with pytest.raises(CommandError, match="above zero"):
        call_command("top", "--every", "0")
