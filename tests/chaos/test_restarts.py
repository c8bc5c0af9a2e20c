"""Workers that are replaced under load, and a Redis that forgets everything: every job ends."""

import signal
import time
from collections import Counter
from pathlib import Path

from jobs.core.states import State
from jobs.infra import alive
from jobs.infra.redis import client
from jobs.models import Event, Job
from stock.models import Location
from tests.support.processes import Processes, until
from tests.support.sample_jobs import File, Seconds, effect, long_once, moment


def _states() -> Counter[str]:
    return Counter(Job.objects.filter(type__startswith="sample.").values_list("state", flat=True))


def test_a_rolling_restart_of_three_workers_loses_nothing_and_repeats_nothing(farm: Processes) -> None:
    jobs = effect.submit_many([Seconds(seconds=0.02) for _ in range(600)])
    old = [farm.worker("--concurrency", "2", "-n", f"old{n}@%h", name=f"old{n}") for n in range(3)]
    farm.recorder()
    farm.beat()
    for number, worker in enumerate(old):
        reached = 100 * (number + 1)
        until(lambda reached=reached: _states()[State.SUCCEEDED] >= reached, 60, farm.logs)  # type: ignore[misc]
        worker.send_signal(signal.SIGTERM)
        farm.worker("--concurrency", "2", "-n", f"new{number}@%h", name=f"new{number}")
        assert worker.wait(60) == 0
    until(lambda: _states() == {State.SUCCEEDED: len(jobs)}, 60, lambda: f"{_states()}\n{farm.logs()}")
    ours = [str(job.pk) for job in jobs]
    starts = Counter(Event.objects.filter(name="job.started", subject__in=ours).values_list("subject", flat=True))
    assert set(starts.values()) == {1}, "a job that a worker had begun was begun again"
    assert Location.objects.filter(name__startswith="job:").count() == len(jobs)


def test_what_does_not_end_within_the_time_to_stop_is_handed_back_whatever_the_pool(farm: Processes, tmp_path: Path) -> None:
    farm.recorder()
    pools = ["prefork", "threads", "solo"]
    one_each = ("--concurrency", "1", "--prefetch-multiplier", "1")
    workers = [farm.worker("--pool", pool, *one_each, "-n", f"{pool}@%h", name=pool, WORKER_STOP_SECONDS="1") for pool in pools]
    for pool in pools:
        long_once.submit(File(path=str(tmp_path / pool)))
    until(lambda: _states()[State.RUNNING] == 3, 60, farm.logs)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(20) for worker in workers] == [0, 0, 0]
    assert alive.lately(alive.WORKER) == []
    farm.worker("--concurrency", "2")
    until(lambda: _states() == {State.SUCCEEDED: 3}, 30, lambda: f"{_states()}\n{farm.logs()}")
    told = set(Job.objects.values_list("attempt", "rescues", "turn", "result"))
    assert told == {(1, 0, 2, "attempt 1")}, "a stop was counted against a job"
    assert Event.objects.filter(name="job.snoozed", data__why="handed back: its worker stopped").count() == 3


def test_after_a_flushall_in_the_middle_every_job_still_ends(farm: Processes) -> None:
    jobs = moment.submit_many([Seconds(seconds=0.002) for _ in range(5000)])
    farm.recorder()
    farm.beat()
    # Who records is there before who performs, or all would have ended before the first is seen to.
    until(lambda: bool(alive.lately(alive.RECORDER)), 60, farm.logs)
    farm.worker("--concurrency", "2")
    until(lambda: _states()[State.SUCCEEDED] >= 500, 60, farm.logs)
    left = len(jobs) - _states()[State.SUCCEEDED]
    client().flushdb()
    assert left > 1000, "the flush came too late to show anything"
    began = time.monotonic()
    until(lambda: _states() == {State.SUCCEEDED: len(jobs)}, 120, lambda: f"{_states()}\n{farm.logs()}")
    print(f"{left} of {len(jobs)} jobs were open when Redis forgot; all had ended {time.monotonic() - began:.0f} s later")
