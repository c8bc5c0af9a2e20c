"""Waiting for a job's end: woken by the journal, without a connection of the pool, whatever Redis does meanwhile."""

import threading
from collections.abc import Callable

import pytest
import redis

from jobs.api.waiting import await_end
from jobs.infra import endings, journal
from jobs.infra.redis import client
from jobs.models import Job
from tests.support.sample_jobs import Number, Seconds, double, moment
from tests.support.waiting import until


@pytest.fixture
def bells() -> endings.Endings:
    client().flushdb()
    return endings.Endings()


def test_an_end_rings_those_who_wait_for_it_and_no_others(bells: endings.Endings) -> None:
    with bells.bell("a") as one:
        # At its start the reader rings whom it finds: they look for themselves.
        assert one.wait(20)
        one.clear()
        with bells.bell("a") as two, bells.bell("b") as other:
            journal.append("job.started", "a", "default", {})
            journal.append("job.succeeded", "a", "default", {})
            assert one.wait(20)
            assert two.wait(20)
            assert not other.is_set()


def test_the_reader_ends_with_the_last_who_waits_and_another_begins_with_the_next(bells: endings.Endings) -> None:
    for name in ("first", "second"):
        with bells.bell(name) as bell:
            assert bell.wait(20)
        until(lambda: not bells._reading, 20)


def test_a_journal_that_can_not_be_read_rings_when_it_can_again(bells: endings.Endings, monkeypatch: pytest.MonkeyPatch) -> None:
    away, last_id = threading.Event(), journal.last_id

    def unreachable() -> str:
        if not away.is_set():
            away.set()
            raise redis.ConnectionError("away")
        return last_id()

    monkeypatch.setattr(journal, "last_id", unreachable)
    with bells.bell("a") as bell:
        assert bell.wait(20)
        assert away.is_set()


def test_many_wait_at_once_and_each_gets_its_own(platform: None) -> None:
    jobs = [double.submit(Number(number=n)) for n in range(12)]
    found: dict[int, Job | None] = {}
    threads = [threading.Thread(target=lambda n=n, job=job: found.update({n: await_end(job, 20)})) for n, job in enumerate(jobs)]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: job and job.result for n, job in found.items()} == {n: 2 * n for n in range(12)}


def test_who_waits_too_short_is_told_nothing(transactional_db: None, bells: endings.Endings, ended: Callable[[Job], Job]) -> None:
    job = moment.submit(Seconds(seconds=0))
    assert await_end(ended(job), 5) is not None
    assert await_end(moment.submit(Seconds(seconds=0)), 0) is None
