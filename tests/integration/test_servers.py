"""The scripts of jobs on each server that we are to work with, and two installations on one of them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as library

from jobs.core.errors import Unavailable
from jobs.core.events import JobEvent
from jobs.core.message import Message
from jobs.core.states import State
from jobs.infra import broker, embedded, journal, redis, state
from jobs.infra.transport.keys import Keys
from jobs.infra.transport.lease import FETCH, Lease
from jobs.models import Job, Tenant
from jobs.queries import metrics
from jobs.services import lifecycle, operations
from tests.support import site as sites
from tests.support.brokers import BROKERS
from tests.support.sample_jobs import Number, double
from tests.support.waiting import until


@pytest.fixture(params=BROKERS)
def server(request: pytest.FixtureRequest, servers: Callable[[str], str], settings: Any) -> None:
    settings.REDIS_URL = servers(request.param)
    redis.client().flushdb()


def message(**changes: Any) -> Message:
    about: dict[str, Any] = {"id": "1", "type": "sample.double", "queue": "default", "priority": 5, "payload": {}, "tenant": "default"}
    about |= {"turn": 1, "attempt": 1, "attempts": 3, "timeout": timedelta(minutes=1), "due": None, "expires": None, "request_id": ""}
    return Message(**about | changes)


def claim(redelivered: bool = False) -> state.Verdict:
    return state.claim(lambda rules: [state.Ticket("1", "default", 1, 1, redelivered, "here")])[0]


def succeed(held: str) -> bool:
    data: dict[str, Any] = {"turn": 1, "attempt": 1, "at": 1}
    return state.report([state.Report("1", "default", held, JobEvent.SUCCEEDED, State.SUCCEEDED, data, {"result": 4})])[0]


def test_a_job_goes_its_way_once(server: None) -> None:
    assert (broker.publish([message()]), broker.publish([message()])) == (1, 0)
    assert broker.depths(["default"]) == {"default": 1}
    first = claim()
    assert (first.word, claim().word) == ("go", "drop")
    assert state.progress("1", "default", first.detail, {"done": 1}) == ""
    second = claim(redelivered=True)
    assert second.word == "go"
    # The lost attempt can't overwrite its successor.
    assert (succeed(first.detail), succeed(second.detail), succeed(second.detail)) == (False, True, False)
    assert state.read(["1"])["1"].json("result") == 4
    assert [entry.name for entry in journal.read("0")] == [
        "job.queued",
        "job.started",
        "job.progressed",
        "job.rescued",
        "job.started",
        "job.succeeded",
    ]


def test_a_delayed_job_waits_and_a_cancelled_one_does_not_start(server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    due = datetime.now(UTC) + timedelta(seconds=0.3)
    broker.publish([message(due=due)])
    assert broker.delayed() == 1
    # Beat's own clock says nothing: a fetch would go by the server's, too.
    monkeypatch.setattr(broker, "now_ms", lambda: 4_102_444_800_000)
    until(lambda: broker.promote() == 1, 20)
    assert datetime.now(UTC) >= due
    assert state.cancel("1", "default", 1) == "cancelled"
    assert claim().word == "drop"


def test_what_is_known_of_an_end_outlives_a_message_that_was_left_behind(server: None) -> None:
    broker.publish([message()])
    later = message(turn=2, due=datetime.now(UTC) + timedelta(hours=2))
    data: dict[str, Any] = {"turn": 1, "attempt": 1, "at": 1}
    assert state.report([state.Report("1", "default", claim().detail, JobEvent.SNOOZED, State.WAITING, data, {}, later)]) == [True]
    broker.publish([later])
    assert broker.move([(message(turn=3), 2)]) == [True]
    third = state.claim(lambda rules: [state.Ticket("1", "default", 3, 1, False, "here")])[0]
    data |= {"turn": 3}
    assert state.report([state.Report("1", "default", third.detail, JobEvent.SUCCEEDED, State.SUCCEEDED, data, {"result": 4})]) == [True]
    # The message of the second turn is promoted in two hours.
    assert redis.client().pttl(redis.hot_key("1")) > broker.milliseconds(timedelta(hours=2))


def test_a_paused_queue_is_known_and_an_event_is_sent_once(server: None) -> None:
    broker.pause("bulk", "ada", "why not")
    assert broker.paused()["bulk"]["by"] == "ada"
    broker.resume("bulk")
    assert broker.paused() == {}
    for _ in range(2):
        journal.emit([("7", "bell.rung", "x", "default", {}, "")])
    assert len(journal.read("0")) == 1
    assert journal.trim("9999999999999-0") == 1


@pytest.fixture(params=["full", "read-only"])
def fault(request: pytest.FixtureRequest, server: None) -> Iterator[Callable[[bool], None]]:
    """The server takes no writes while the fault is on."""
    admin = redis.client()

    def set_(on: bool) -> None:
        if request.param == "full":
            admin.config_set("maxmemory", 1 if on else 0)
        else:
            admin.replicaof(*(("127.0.0.1", str(embedded.free_port())) if on else ("NO", "ONE")))

    yield set_
    set_(False)


def test_a_job_that_the_broker_refused_is_kept_and_published_later(
    fault: Callable[[bool], None], transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    monkeypatch.setattr(operations, "SETTLE", timedelta(0))
    fault(True)
    with pytest.raises(Unavailable, match="kept and will be published later"):
        broker.publish([message()])
    job = double.submit(Number(number=2))
    assert (Job.objects.get(pk=job.pk).state, operations.reconcile()) == (State.SUBMITTED, 0)
    # The twin: a message that stands for no row is gone with its refusal.
    with pytest.raises(library.RedisError):
        redis.client().lpush("default", "plain")
    fault(False)
    assert operations.reconcile() == 1
    assert broker.depths(["default"]) == {"default": 1}


def test_a_queued_job_whose_message_is_nowhere_is_published_again(
    server: None, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    monkeypatch.setattr(operations, "MISSED", timedelta(0))
    job = double.submit(Number(number=2))
    lifecycle.record()
    assert (Job.objects.get(pk=job.pk).state, operations.restore_messages()) == (State.QUEUED, 0)
    # A worker has it.
    lease = Lease(redis.client(), Keys())
    asked = lease.ask(1)
    keys, *rest = lease.arguments(asked, [Keys().wake("default")], broker.ready_keys("default"))
    redis.client().register_script(FETCH)(keys=rest[:keys], args=rest[keys:])
    assert (broker.depths(["default"]), operations.restore_messages()) == ({"default": 0}, 0)
    # Now nobody has, as after `celery purge`.
    redis.client().delete(lease.pending)
    assert (operations.restore_messages(), broker.depths(["default"])) == (1, {"default": 1})
    assert b'conveyor_jobs_reconciled_total{queue="default",type="sample.double"} 1.0' in metrics.text()


@pytest.mark.timeout(120)
def test_two_installations_on_one_server_never_see_each_other(tmp_path: Path) -> None:
    with sites.running(tmp_path) as site:
        for prefix in ("one:", "two:"):
            site.worker("-P", "solo", PREFIX=prefix)
        for prefix in ("one:", "two:"):
            site.send(*(f"{prefix}{number}" for number in range(5)), prefix=prefix)
        for prefix in ("one:", "two:"):
            ran = lambda prefix=prefix: {name.decode() for name in site.notes.client.lrange(f"{prefix}ended", 0, -1)}  # noqa: E731
            until(lambda ran=ran: len(ran()) == 5, 20, site.logs)  # type: ignore[misc]
            assert ran() == {f"{prefix}{number}" for number in range(5)}
            # Whoever asks all workers hears from its own.
            assert [list(answer) for answer in site.ping(prefix)] == [[f"w{prefix == 'two:':d}@here"]]
        assert all(key.startswith((b"one:", b"two:")) for key in site.broker.client.scan_iter())
