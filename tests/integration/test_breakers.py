"""Breakers: opened by failures, one canary at a time, closed by itself; around jobs and around any call."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from jobs.core.dependency import Dependency, DependencyAway
from jobs.core.errors import DeclarationError
from jobs.core.states import State
from jobs.infra import gates
from jobs.infra.breakers import Guard
from jobs.infra.redis import client
from jobs.models import Event, Job, Tenant
from jobs.queries import standing
from jobs.services import breakers, lifecycle
from tests.support import sample_jobs
from tests.support.sample_jobs import File
from tests.support.waiting import until

Ended = Callable[..., Job]
RARE = Guard(Dependency("rarely-there", failures=2, rest=timedelta(milliseconds=200)))


def _call(works: bool) -> str:
    with RARE:
        if not works:
            raise ConnectionError("nobody there")
        return "answer"


def _call_while_another_does() -> None:
    with RARE:
        with pytest.raises(DependencyAway):
            _call(True)
        raise ConnectionError("still away")


def _open(works: bool = False) -> None:
    for _ in range(2):
        with pytest.raises(ConnectionError):
            _call(works)


def test_a_neighbour_that_is_away_burns_no_attempt_beyond_the_opening_and_all_succeed_after(ended: Ended, tmp_path: Path) -> None:
    there = tmp_path / "there"
    jobs = sample_jobs.needs_a_file.submit_many([File(path=str(there)) for _ in range(12)])
    until(lambda: lifecycle.record() is not None and standing.one_breaker("sample-file").state != "closed", 20)
    lifecycle.record()
    burnt = Event.objects.filter(name="job.retrying").count()
    assert burnt <= 3
    snoozed = lambda: Event.objects.filter(name="job.snoozed").count()  # noqa: E731
    before = snoozed()
    # Two canaries fail meanwhile; neither burns an attempt.
    until(lambda: lifecycle.record() is not None and snoozed() >= before + 2, 20)
    assert Event.objects.filter(name="job.retrying").count() == burnt
    there.write_text("here")
    assert {ended(job).state for job in jobs} == {State.SUCCEEDED}
    assert Event.objects.filter(name="job.retrying").count() == burnt
    assert Event.objects.filter(name__in=["breaker.opened", "breaker.closed"]).count() == 2
    assert standing.one_breaker("sample-file").state == "closed"


def test_while_half_open_only_the_canary_is_let_through(transactional_db: None, tmp_path: Path) -> None:
    from tests.integration.test_gates import _states

    client().flushdb()
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    breakers.open_by_hand("sample-file", "tests")
    jobs = sample_jobs.needs_a_file.submit_many([File(path=str(tmp_path / "x")) for _ in range(3)])
    assert _states(jobs) == [State.WAITING] * 3
    client().hset("conveyor:gate:breaker/sample-file", "until", "1")
    gates.tend(["breaker/sample-file"])
    assert _states(jobs) == [State.QUEUED, State.WAITING, State.WAITING]
    lifecycle.cancel(Job.objects.get(pk=jobs[0].pk))
    assert _states(jobs) == [State.CANCELLED, State.QUEUED, State.WAITING]
    breakers.close_by_hand("sample-file", "tests")
    assert _states(jobs)[1:] == [State.QUEUED, State.QUEUED]


def test_any_call_can_be_guarded(db: None) -> None:
    client().flushdb()
    assert _call(True) == "answer"
    client().flushdb()
    _open()
    with pytest.raises(DependencyAway) as away:
        _call(True)
    assert away.value.for_ >= timedelta(seconds=1)
    until(lambda: gates.look(["breaker/rarely-there"])[0].shut is False, 10)
    assert _call(True) == "answer"
    assert _call(True) == "answer"


def test_one_guarded_call_at_a_time_tries_and_its_failure_opens_again(db: None) -> None:
    client().flushdb()
    _open()
    until(lambda: gates.look(["breaker/rarely-there"])[0].shut is False, 10)
    with pytest.raises(ConnectionError):
        _call_while_another_does()
    assert gates.look(["breaker/rarely-there"])[0].state["state"] == "open"


def test_few_failures_among_many_answers_leave_it_closed(db: None) -> None:
    client().flushdb()
    for _ in range(5):
        _call(True)
    _open()
    assert _call(True) == "answer"


def test_a_wrong_dependency_is_refused_when_it_is_declared() -> None:
    for wrong in ({"name": "Not A Name"}, {"name": "x", "failures": 0}, {"name": "x", "ratio": 2.0}):
        with pytest.raises(DeclarationError):
            Dependency(**wrong)  # type: ignore[arg-type]


def test_the_page_of_breakers_is_there_before_anything_failed(db: None, admin_client: Client) -> None:
    client().flushdb()
    assert "sample-file" in admin_client.get("/ops/breakers/").content.decode()
