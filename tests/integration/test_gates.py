"""Gates with a real worker: who may start, who waits, and what lets them go on."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from jobs.core.states import State
from jobs.infra import gates
from jobs.infra.redis import client
from jobs.models import Event, Job, Tenant
from jobs.services import lifecycle, limits, operations, pauses, rules, submission
from tests.support import sample_jobs
from tests.support.sample_jobs import Keyed, Number
from tests.support.waiting import until

Ended = Callable[..., Job]


def _most_at_once(jobs: list[Job]) -> int:
    """How many ran at one moment, by the journal."""
    steps = []
    for event in Event.objects.filter(subject__in=[str(job.pk) for job in jobs]).order_by("position"):
        steps += [1] if event.name == "job.started" else [-1] if event.name == "job.succeeded" else []
    return max(sum(steps[: n + 1]) for n in range(len(steps)))


@pytest.fixture
def stores(transactional_db: None) -> Tenant:
    """Empty stores and no worker."""
    client().flushdb()
    return Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]


def _states(jobs: list[Job]) -> list[str]:
    lifecycle.record()
    return [Job.objects.get(pk=job.pk).state for job in jobs]


def test_a_full_limit_holds_the_rest_in_its_line_and_nothing_else(stores: Tenant) -> None:
    jobs = sample_jobs.two_at_once.submit_many([Keyed(key=str(n)) for n in range(5)])
    assert _states(jobs) == [State.QUEUED, State.QUEUED, State.WAITING, State.WAITING, State.WAITING]
    look = gates.look(["slots/sample.two_at_once"], str(jobs[3].pk))[0]
    assert (look.shut, look.held, look.line, look.place) == (True, 2, 3, 1)
    lifecycle.cancel(Job.objects.get(pk=jobs[0].pk))
    lifecycle.cancel(Job.objects.get(pk=jobs[3].pk))
    assert _states(jobs) == [State.CANCELLED, State.QUEUED, State.QUEUED, State.CANCELLED, State.WAITING]
    assert gates.look(["slots/sample.two_at_once"])[0].line == 1


def test_all_of_a_limited_type_run_and_never_more_than_it_allows(ended: Ended) -> None:
    jobs = sample_jobs.two_at_once.submit_many([Keyed(key=str(n)) for n in range(12)])
    assert [ended(job).result for job in jobs] == [str(n) for n in range(12)]
    assert {Job.objects.get(pk=job.pk).attempt for job in jobs} == {1}
    assert _most_at_once(jobs) <= 2
    assert gates.awaited() == ["slots/sample.two_at_once"]
    assert gates.look(gates.awaited())[0].held == 0


def test_each_value_of_a_payload_key_has_a_limit_of_its_own(stores: Tenant) -> None:
    jobs = sample_jobs.one_for_each_key.submit_many([Keyed(key=key) for key in ("a", "a", "b", "two words", "two words")])
    assert _states(jobs) == [State.QUEUED, State.WAITING, State.QUEUED, State.QUEUED, State.WAITING]


def test_the_most_urgent_of_a_line_goes_first(stores: Tenant) -> None:
    first = sample_jobs.one_for_each_key.submit(Keyed())
    calm = sample_jobs.one_for_each_key.submit(Keyed(), priority=1)
    urgent = sample_jobs.one_for_each_key.submit(Keyed(), priority=9)
    lifecycle.cancel(first)
    assert _states([calm, urgent]) == [State.WAITING, State.QUEUED]


def test_no_more_start_than_a_rate_allows_and_all_in_the_end(ended: Ended) -> None:
    jobs = sample_jobs.ten_a_second.submit_many([Keyed(key=str(n)) for n in range(15)])
    for job in jobs:
        ended(job)
    started = Event.objects.filter(name="job.started", subject__in=[str(job.pk) for job in jobs])
    moments = sorted(int(event.position.partition("-")[0]) for event in started)
    for n, first in enumerate(moments):
        assert sum(1 for moment in moments[n:] if moment < first + 1000) <= 12


def test_a_failed_job_gives_its_place_to_the_next_while_it_waits_to_be_tried_again(stores: Tenant, ended: Ended) -> None:
    """Two of which the first fails: with one place, both end, each with its own attempts."""
    limits.set_limit("fails", {"concurrent": 1, "type": "sample.fail"}, "tests")
    jobs = [sample_jobs.fail.submit(sample_jobs.Nothing()) for _ in range(2)]
    assert [ended(job).state for job in jobs] == [State.DEAD, State.DEAD]
    assert {job.attempt for job in Job.objects.filter(pk__in=[job.pk for job in jobs])} == {3}


@pytest.mark.parametrize(("kind", "name"), [("type", "sample.double"), ("type", "sample.*"), ("tenant", "default"), ("tag", "night")])
def test_what_is_paused_waits_and_goes_on_in_its_order(platform: None, ended: Ended, kind: str, name: str) -> None:
    pauses.pause(kind, name, "tests", "moving")
    held = [sample_jobs.double.submit(Number(number=n), tags=["night"]) for n in range(3)]
    assert _states(held) == [State.WAITING] * 3
    assert client().llen("default") == 0
    pauses.resume(kind, name, "tests")
    assert [ended(job).result for job in held] == [0, 2, 4]
    started = list(Event.objects.filter(name="job.started").order_by("position").values_list("subject", flat=True))
    assert started == [str(job.pk) for job in held]


def test_what_was_in_the_queue_when_its_type_was_paused_is_held_at_the_claim(stores: Tenant) -> None:
    from celery.contrib.testing.worker import start_worker

    from config.celery import app

    jobs = sample_jobs.double.submit_many([Number(number=n) for n in range(3)])
    pauses.pause("type", "sample.double", "tests")
    with start_worker(app, pool="solo", perform_ping_check=False, queues=["default"], loglevel="ERROR"):
        until(lambda: _states(jobs) == [State.WAITING] * 3, 20)
        assert {job.attempt for job in Job.objects.all()} <= {0, 1}
        pauses.resume("type", "sample.double", "tests")
        until(lambda: operations.promote() is not None and _states(jobs) == [State.SUCCEEDED] * 3, 20)
    assert not Event.objects.filter(name="job.retrying").exists()


def test_what_cannot_be_paused_is_refused(stores: Tenant) -> None:
    from jobs.core.errors import InvalidInput, NotFound

    for kind, name, error in (
        ("type", "no.such", NotFound),
        ("tenant", "no", NotFound),
        ("tag", "", InvalidInput),
        ("moon", "x", InvalidInput),
    ):
        with pytest.raises(error):
            pauses.pause(kind, name, "tests")


def test_a_limit_that_is_set_raised_and_removed_counts_at_once(stores: Tenant) -> None:
    limits.set_limit("doubles", {"concurrent": 1, "type": "sample.double"}, "tests")
    jobs = sample_jobs.double.submit_many([Number(number=n) for n in range(5)])
    assert _states(jobs).count(State.QUEUED) == 1
    limits.set_limit("doubles", {"concurrent": 3, "type": "sample.double"}, "tests")
    assert _states(jobs).count(State.QUEUED) == 3
    limits.remove("doubles", "tests")
    assert _states(jobs) == [State.QUEUED] * 5
    assert sorted(Event.objects.acts().values_list("data__act", flat=True)) == ["limit.remove", "limit.set", "limit.set"]


def test_a_declared_limit_can_be_set_and_comes_back(stores: Tenant) -> None:
    limits.set_limit("sample.two_at_once", {"concurrent": 1}, "tests")
    jobs = sample_jobs.two_at_once.submit_many([Keyed(key=str(n)) for n in range(4)])
    assert _states(jobs).count(State.QUEUED) == 1
    limits.remove("sample.two_at_once", "tests")
    assert _states(jobs).count(State.QUEUED) == 2
    limits.set_limit("sample.two_at_once", {}, "tests")
    assert _states(jobs).count(State.QUEUED) == 4


def test_after_redis_has_lost_everything_pauses_and_limits_hold_again_and_every_job_ends(ended: Ended) -> None:
    pauses.pause("type", "sample.double", "tests")
    held = sample_jobs.double.submit(Number(number=4))
    jobs = sample_jobs.two_at_once.submit_many([Keyed(key=str(n), seconds=0.05) for n in range(6)])
    lifecycle.record()
    client().flushdb()
    rules.restore()
    Job.objects.update(submitted_at=Job.objects.get(pk=held.pk).submitted_at - timedelta(minutes=1))
    operations.reconcile()
    for job in jobs:
        ended(job)
    assert _states([held]) == [State.WAITING]
    pauses.resume("type", "sample.double", "tests")
    assert ended(held).result == 8


def test_a_place_whose_job_is_gone_is_given_back(stores: Tenant) -> None:
    jobs = sample_jobs.two_at_once.submit_many([Keyed(key=str(n)) for n in range(3)])
    client().delete(f"conveyor:job:{jobs[0].pk}")
    assert gates.tend(["slots/sample.two_at_once"]) == 0
    client().zadd("conveyor:gate:slots/sample.two_at_once:held", {str(jobs[0].pk): 1})
    assert gates.tend() == 1
    assert _states(jobs)[2] == State.QUEUED


# What happens at a full limit


def test_the_newest_is_dropped_and_says_for_whom(stores: Tenant) -> None:
    kept, dropped = sample_jobs.drops.submit_many([Keyed(), Keyed()])
    assert _states([kept, dropped]) == [State.QUEUED, State.CANCELLED]
    assert Job.objects.get(pk=dropped.pk).error["type"] == "Dropped"


def test_the_running_one_is_cancelled_for_the_newest(ended: Ended, stores: Tenant) -> None:
    old = sample_jobs.cancels_running.submit(Keyed(key="old", seconds=0))
    middle = sample_jobs.cancels_running.submit(Keyed(key="middle", seconds=0))
    last = sample_jobs.cancels_running.submit(Keyed(key="last", seconds=0))
    assert ended(last).result == "last"
    assert {ended(job).state for job in (old, middle)} <= {State.CANCELLED, State.SUCCEEDED}


def test_a_running_one_is_asked_to_stop_for_the_newest(stores: Tenant) -> None:
    old = sample_jobs.cancels_running.submit(Keyed(key="old"))
    client().hset(f"conveyor:job:{old.pk}", "state", "running")
    new = sample_jobs.cancels_running.submit(Keyed(key="new"))
    assert _states([new]) == [State.WAITING]
    assert client().hget(f"conveyor:job:{old.pk}", "cancel")


def test_a_unique_job_is_one_until_it_is_done(ended: Ended, stores: Tenant) -> None:
    first, twin, other = sample_jobs.once.submit_many([Keyed(key=key) for key in ("a", "a", "b")])
    assert _states([twin]) == [State.CANCELLED]
    assert ended(first).result == "a"
    assert ended(other).result == "b"
    assert ended(sample_jobs.once.submit(Keyed(key="a"))).result == "a"


def test_the_newest_takes_the_place_of_one_that_has_not_started(stores: Tenant) -> None:
    first, second, third = (sample_jobs.once_until_started.submit(Keyed(key="a")) for _ in range(3))
    assert _states([first, second, third]) == [State.CANCELLED, State.CANCELLED, State.QUEUED]
    assert Job.objects.get(pk=first.pk).error["by"] == str(second.pk)


def test_unique_for_a_period_outlives_the_job(ended: Ended) -> None:
    assert ended(sample_jobs.once_an_hour.submit(Keyed(key="a"))).state == State.SUCCEEDED
    assert ended(sample_jobs.once_an_hour.submit(Keyed(key="a"))).state == State.CANCELLED
    assert ended(sample_jobs.once_an_hour.submit(Keyed(key="b"))).state == State.SUCCEEDED


def test_of_a_burst_only_the_last_runs_when_it_is_quiet(ended: Ended) -> None:
    jobs = [sample_jobs.debounced.submit(Keyed(key="a", seconds=n / 1000)) for n in range(5)]
    assert [ended(job).state for job in jobs] == [State.CANCELLED] * 4 + [State.SUCCEEDED]


def test_throttled_jobs_start_at_once_then_only_the_newest(ended: Ended) -> None:
    jobs = [sample_jobs.throttled.submit(Keyed(key=str(n))) for n in range(4)]
    states = [ended(job).state for job in jobs]
    assert states[-1] == State.SUCCEEDED
    assert State.CANCELLED in states
    assert submission.publish([Job.objects.get(pk=jobs[-1].pk)]) == 0


def test_while_a_type_is_paused_unique_jobs_stay_unique_and_throttled_ones_keep_the_newest(stores: Tenant) -> None:
    for name in ("once", "once_an_hour", "once_until_started", "throttled"):
        pauses.pause("type", f"sample.{name}", "tests")
    unique = sample_jobs.once.submit_many([Keyed(key="a"), Keyed(key="a")])
    hourly = sample_jobs.once_an_hour.submit_many([Keyed(key="a"), Keyed(key="a")])
    newest = sample_jobs.once_until_started.submit_many([Keyed(key="a"), Keyed(key="a")])
    throttled = sample_jobs.throttled.submit_many([Keyed() for _ in range(4)])
    assert _states(unique) == _states(hourly) == [State.WAITING, State.CANCELLED]
    assert _states(newest) == [State.CANCELLED, State.WAITING]
    assert _states(throttled) == [State.WAITING] * 4
    for name in ("once", "once_an_hour", "once_until_started", "throttled"):
        pauses.resume("type", f"sample.{name}", "tests")
    assert [_states(jobs)[0] for jobs in (unique, hourly)] == [State.QUEUED] * 2
    assert _states(newest) == [State.CANCELLED, State.QUEUED]
    assert _states(throttled) == [State.QUEUED, State.CANCELLED, State.CANCELLED, State.WAITING]


def test_a_tag_may_have_any_characters(stores: Tenant) -> None:
    pauses.pause("tag", "a | b\nc", "tests", "odd")
    job = sample_jobs.double.submit(Number(number=1), tags=["a | b\nc"])
    assert _states([job]) == [State.WAITING]
    pauses.resume("tag", "a | b\nc", "tests")
    assert _states([job]) == [State.QUEUED]
