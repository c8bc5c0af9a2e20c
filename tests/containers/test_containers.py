"""Real workers and brokers by pytest-celery: killed, restarted, asked, and served by priority."""

from typing import Any

import pytest
from pytest_celery import CeleryTestSetup

from tests.support.leases import declare_dead
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(180)


def napped(setup: CeleryTestSetup) -> list[str]:
    return list(setup.broker.container.client.lrange("napped", 0, -1))


def nap(setup: CeleryTestSetup, *args: Any, **options: Any) -> Any:
    return setup.app.send_task("nap", args, queue=setup.worker.worker_queue, **options)


def test_a_worker_answers_whoever_asks_and_runs_what_is_sent(celery_setup: CeleryTestSetup) -> None:
    assert celery_setup.ready(ping=True, control=True, docker=True)
    assert celery_setup.app.control.ping(timeout=20, limit=1) == [{celery_setup.worker.hostname(): {"ok": "pong"}}]
    assert nap(celery_setup, "one").get(timeout=30) == "one"


def test_what_a_killed_worker_held_runs_when_it_is_back(celery_setup: CeleryTestSetup) -> None:
    result = nap(celery_setup, "held", 2)
    until(lambda: napped(celery_setup) == ["held"], 30)
    celery_setup.worker.kill()
    assert celery_setup.worker.container.status == "exited"
    # That its lease runs out is waited for in the tests of faults.
    client = celery_setup.broker.container.client
    for consumer in client.zrange("conveyor:consumers", 0, -1):
        declare_dead(client, consumer)
    celery_setup.worker.restart()
    assert result.get(timeout=60) == "held"
    assert napped(celery_setup) == ["held", "held"]


def test_a_restarted_broker_keeps_what_waits_and_is_served_again(celery_setup: CeleryTestSetup) -> None:
    running, waiting = nap(celery_setup, "running", 2), nap(celery_setup, "waiting")
    until(lambda: napped(celery_setup) == ["running"], 30)
    celery_setup.broker.restart()
    assert (running.get(timeout=30), waiting.get(timeout=30)) == ("running", "waiting")
    assert napped(celery_setup) == ["running", "waiting"]


def test_the_most_urgent_goes_first_whatever_came_first(celery_setup: CeleryTestSetup) -> None:
    """At the broker 0 is the most urgent."""
    worker, queue = celery_setup.worker, celery_setup.worker.worker_queue
    # A word to all is heard by who is there.
    assert worker.ready()
    told = celery_setup.app.control.cancel_consumer(queue, destination=[worker.hostname()], reply=True, timeout=10)
    assert told
    sent = [nap(celery_setup, str(priority), priority=priority) for priority in (7, 3, 9, 0, 5)]
    assert celery_setup.app.control.add_consumer(queue, destination=[worker.hostname()], reply=True, timeout=10)
    assert [result.get(timeout=30) for result in sent]
    assert napped(celery_setup) == ["0", "3", "5", "7", "9"]
