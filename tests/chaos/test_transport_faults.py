"""Kill, freeze, cut and fill: no message is lost, none that finished runs again.

Where the stock transport fails, a twin shows it.
"""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from jobs.infra import embedded
from jobs.infra.transport.keys import Keys
from jobs.infra.transport.lease import Lease
from tests.support.cable import Cable
from tests.support.leases import declare_dead, renew_as_one_who_knows, take
from tests.support.site import Site, running
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(120)
POOLS = [["-P", "prefork", "-c", "2"], ["-P", "threads", "-c", "2"], ["-P", "solo"]]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running(tmp_path) as site:
        yield site


def names(count: int) -> list[str]:
    return [f"m{number}" for number in range(count)]


def test_what_a_killed_worker_held_runs_elsewhere_within_15_seconds(site: Site) -> None:
    victim = site.worker("-P", "prefork", "-c", "2")
    site.send(*names(8), seconds=1)
    until(lambda: site.ran("started"), 20, site.logs)
    site.worker("-P", "threads", "-c", "8")
    site.kill(victim)
    site.await_all(names(8), 16)
    site.unharmed("worker killed", names(8), 5)


@pytest.mark.parametrize("stock", [False, True], ids=["ours", "stock"])
def test_a_worker_killed_while_it_takes_a_message_does_not_lose_it(site: Site, stock: bool) -> None:
    victim = site.worker("-P", "solo", stock=stock)
    site.send("first")
    site.await_all(["first"], 20)
    until(lambda: site.left() == 0 and site.blocked(), 20)
    os.killpg(victim.pid, signal.SIGSTOP)
    until(lambda: _goes_to_a_stopped(site, victim), 60) if stock else site.send("only")
    site.kill(victim)
    assert site.left() == (0 if stock else 1)


def _goes_to_a_stopped(site: Site, worker: "subprocess.Popen[bytes]") -> bool:
    """Stock Celery waits for a second at a time: a message that comes between two waits stays in its list, and another is tried."""
    site.send("only")
    if site.left() == 0:
        return True
    os.killpg(worker.pid, signal.SIGCONT)
    until(lambda: site.left() == 0 and site.blocked(), 20)
    os.killpg(worker.pid, signal.SIGSTOP)
    return False


@pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool[1])
def test_a_task_longer_than_the_lease_runs_once(site: Site, pool: list[str]) -> None:
    for _ in range(2):
        site.worker(*pool)
    site.send("long", seconds=13)
    site.await_all(["long"], 30)
    until(lambda: site.left() == 0, 20)
    assert site.ran("started") == {"long": 1}


@pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool[1])
def test_a_restarted_broker_is_served_within_5_seconds_and_nothing_is_lost_or_repeated(site: Site, pool: list[str]) -> None:
    site.worker(*pool)
    site.send("before", seconds=3)
    until(lambda: site.ran("started"), 20)
    site.broker.stop()
    site.broker.start()
    site.send("after")
    site.await_all(["after"], 8)
    site.unharmed(f"broker restarted, {pool[1]}", ["before", "after"], 8)
    assert site.ran("started") == {"before": 1, "after": 1}


@pytest.mark.parametrize("pool", POOLS[:2], ids=lambda pool: pool[1])
def test_what_waits_in_a_worker_whose_connection_breaks_runs_once(site: Site, pool: list[str]) -> None:
    site.worker(*pool)
    site.send(*names(8), seconds=1)
    until(lambda: site.ran("started") and site.broker.client.llen("default") == 0, 20, site.logs)
    site.broker.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    site.unharmed(f"connections killed, {pool[1]} with more waiting", names(8), 20)
    assert site.ran("started") == dict.fromkeys(names(8), 1)


@pytest.mark.parametrize("stock", [False, True], ids=["ours", "stock"])
def test_killed_connections_neither_stop_nor_repeat_a_task(site: Site, stock: bool) -> None:
    site.worker("-P", "prefork", "-c", "2", stock=stock)
    site.send("running", seconds=3)
    until(lambda: site.ran("started"), 20)
    # Stock Celery may be lucky once: it is given more chances to show what it repeats.
    for _ in range(12 if stock else 3):
        site.broker.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        site.broker.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        threading.Event().wait(0.2 if stock else 0)
    site.send("next")
    if stock:
        site.harmed("connections killed", ["running", "next"], 20)
        return
    site.await_all(["next"], 5)
    site.unharmed("connections killed", ["running", "next"], 10)
    assert site.ran("started") == {"running": 1, "next": 1}


# Longer than a lease; the whole of it where there is time for it.
FROZEN = float(os.environ.get("CONVEYOR_TEST_PAUSE", "12"))


def test_a_broker_frozen_longer_than_the_lease_repeats_nothing(site: Site) -> None:
    for _ in range(2):
        site.worker("-P", "prefork", "-c", "2")
    site.send("running", seconds=FROZEN + 4)
    until(lambda: site.ran("started"), 20)
    site.broker.signal(signal.SIGSTOP)
    threading.Event().wait(FROZEN)  # the fault is this long
    site.broker.signal(signal.SIGCONT)
    site.send("next")
    site.await_all(["next"], 5)
    site.unharmed(f"broker frozen for {FROZEN:.0f} s", ["running", "next"], 20)
    assert site.ran("started") == {"running": 1, "next": 1}


@pytest.mark.parametrize("paused", [True, False], ids=["ours", "without the grace after a pause"])
def test_a_lease_that_ran_out_in_a_pause_is_not_taken_for_a_death(site: Site, paused: bool) -> None:
    """Who renews first after a pause leaves the others the time to renew, too: by when it renewed last it knows of the pause."""
    site.send("held")
    client = site.broker.client
    holder, first = Lease(client, Keys()), Lease(client, Keys())
    take(client, holder, "default", 1)
    declare_dead(client, holder.consumer)
    first._disturbed = float("-inf")
    seconds, micros = client.time()
    first._renewed = seconds * 1000 + micros // 1000 - (9000 if paused else 100)
    first.renew()
    assert client.llen("default") == (0 if paused else 1)


@pytest.mark.parametrize("guarded", [True, False], ids=["ours", "without time limits"])
def test_a_connection_that_goes_dead_without_a_word_is_replaced_within_seconds(site: Site, guarded: bool) -> None:
    cable = Cable(site.broker.port)
    try:
        site.worker(
            "-P", "prefork", "-c", "2", url=f"redis://127.0.0.1:{cable.near}/0", stock=not guarded, UNGUARDED="" if guarded else "1"
        )
        site.send("first")
        site.await_all(["first"], 20)
        cable.cut()
        site.send("second")
        if guarded:
            site.await_all(["second"], 12)
            site.unharmed("connection dead without a word", ["first", "second"], 5)
        else:
            site.harmed("connection dead without a word", ["first", "second"], 12)
    finally:
        cable.close()


def test_a_rolling_restart_under_load_loses_nothing_and_repeats_nothing_that_finished(site: Site) -> None:
    workers = [site.worker(*pool) for pool in POOLS]
    todo = names(300)
    site.send(*todo[:200], seconds=0.02)
    for pool, worker in zip(POOLS, workers, strict=True):
        until(lambda: site.ran("started"), 20)
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)
        site.worker(*pool)
    site.send(*todo[200:], seconds=0.02)
    site.unharmed("workers replaced one by one", todo, 30)


@pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool[1])
def test_sigterm_gives_unstarted_messages_back_at_once(site: Site, pool: list[str]) -> None:
    worker, solo = site.worker(*pool), pool[1] == "solo"
    site.send(*names(8), seconds=2 if solo else 5)
    running = 1 if solo else 2
    until(lambda: len(site.ran("started")) == running and site.broker.client.llen("default") < 8, 20)
    worker.send_signal(signal.SIGTERM)
    until(lambda: site.broker.client.llen("default") == 8 - running, 20, site.logs)
    # Those that run have not ended yet; solo hears of it when its task has.
    assert solo or not site.ran()
    worker.wait(20)
    assert site.left() == 8 - running
    assert site.ran() == dict.fromkeys(site.ran("started"), 1)


@pytest.mark.parametrize("fault", ["stopped", "disconnected"])
def test_what_a_child_was_given_and_has_not_begun_is_neither_forgotten_nor_run_again(site: Site, fault: str) -> None:
    """Celery forgets it: the child runs it all the same, waits half a minute for somebody to read how it went, and so does the stop."""
    worker = site.worker("-P", "prefork", "-c", "1", "--prefetch-multiplier", "1")
    # A child that has run something is one that is written to.
    site.send("first")
    site.await_all(["first"], 20)
    until(lambda: site.left() == 0, 20)
    (child,) = psutil.Process(worker.pid).children()
    child.suspend()
    site.send("only", "another")
    until(lambda: site.broker.client.llen("default") <= 1 and site.left() == 2, 20, site.logs)
    threading.Event().wait(0.3)
    if fault == "stopped":
        worker.send_signal(signal.SIGTERM)
        until(lambda: "Warm shutdown" in site.logs(), 20)
        child.resume()
        assert worker.wait(10) == 0
        assert site.ran("started") == {"first": 1, "only": 1}
        assert site.left() == 1
        site.worker("-P", "solo")
    else:
        _cut(site)
        child.resume()
    site.unharmed(f"{fault} while a child had a message that it had not begun", ["first", "only", "another"], 20)


@pytest.mark.parametrize("fault", ["stopped", "disconnected"])
def test_what_waits_for_a_child_to_come_up_goes_back_at_once(site: Site, fault: str) -> None:
    """No child was written it yet, so none will run it; with the lease still on it nobody else would, as long as the worker lives."""
    worker = site.worker("-P", "prefork", "-c", "1", "--prefetch-multiplier", "1", BIRTH="birth")
    site.send("only")
    until(lambda: site.broker.client.llen("default") == 0, 20, site.logs)
    if fault == "stopped":
        worker.send_signal(signal.SIGTERM)
        until(lambda: "Warm shutdown" in site.logs(), 20)
        site.notes.client.lpush("birth", 1)
        assert worker.wait(10) == 0
        site.worker("-P", "solo")
    else:
        _cut(site)
        site.notes.client.lpush("birth", 1)
    site.unharmed(f"{fault} while a message waited for a child to come up", ["only"], 6)


def _cut(site: Site) -> None:
    """Cut the worker's connections to the broker, and wait until it has noticed."""
    for kind in ("normal", "pubsub"):
        site.broker.client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
    until(lambda: "Connection to broker lost" in site.logs(), 20, site.logs)


def test_what_still_runs_when_the_time_to_stop_is_over_goes_back_at_once_and_uncounted(site: Site) -> None:
    worker = site.worker("-P", "prefork", "-c", "1", STOP="1")
    site.send("long", seconds=60)
    until(lambda: site.ran("started"), 20, site.logs)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert site.broker.client.llen("default") == site.left() == 1
    assert set(site.broker.client.hvals("conveyor:deliveries")) == {b"0"}
    assert not site.ran()


@pytest.mark.parametrize("stock", [False, True], ids=["ours", "stock"])
def test_garbage_in_a_queue_becomes_a_dead_letter_and_the_worker_lives(site: Site, stock: bool) -> None:
    site.worker("-P", "solo", stock=stock)
    site.broker.client.lpush("default", b"no json \xff")
    if stock:
        until(lambda: site.left() == 0, 20)
        assert not site.broker.client.exists("dead_letter")
        return
    until(lambda: site.broker.client.llen("dead_letter") == 1, 20, site.logs)
    site.send("next")
    site.await_all(["next"], 20)
    letter = json.loads(site.broker.client.lindex("dead_letter", 0))
    assert letter["headers"]["x-dead-letter"]["reason"] == "undecodable"


def test_a_message_that_kills_every_worker_becomes_a_dead_letter_and_its_neighbours_run(site: Site) -> None:
    """Each worker that dies has fetched the neighbours as well, and never begun them."""
    site.send("poison", task="poison")
    site.send(*names(3))
    for _ in range(4):
        # Its death is declared here, not waited for: how long that takes is another test's.
        site.worker("-P", "solo").wait(30)
        for consumer in site.broker.client.zrange("conveyor:consumers", 0, -1):
            declare_dead(site.broker.client, consumer)
        _restore_the_dead(site.broker.client)
    site.worker("-P", "solo")
    until(lambda: site.broker.client.llen("dead_letter") == 1, 20, site.logs)
    letter = json.loads(site.broker.client.lindex("dead_letter", 0))
    assert (letter["headers"]["id"], letter["headers"]["x-dead-letter"]["reason"]) == ("poison", "worker_lost")
    site.await_all(names(3), 20)
    assert site.ran("started") == {"poison": 4, **dict.fromkeys(names(3), 1)}
    assert site.broker.client.llen("dead_letter") == 1


def _restore_the_dead(client: redis.Redis) -> None:
    lease = Lease(client, Keys())
    renew_as_one_who_knows(lease)
    client.zrem("conveyor:consumers", lease.consumer)


@pytest.mark.parametrize("stock", [False, True], ids=["ours", "stock"])
def test_a_full_broker_tells_the_producer_and_is_still_drained(site: Site, stock: bool) -> None:
    site.worker("-P", "solo", stock=stock)
    todo = ["first", *names(20)]
    site.send("first", seconds=1)
    site.send(*names(20))
    site.broker.client.config_set("maxmemory", 1)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        site.send("refused")
    if stock:
        # It can neither acknowledge nor connect, so what fills the broker stays there.
        site.harmed("broker full", todo, 8)
    else:
        site.unharmed("broker full", todo, 15)


def test_a_broker_that_is_read_only_for_a_while_tells_the_producer_and_loses_nothing(site: Site) -> None:
    """Its twin, a message of whose refusal only the producer knows, is in tests/integration/test_servers.py."""
    site.worker("-P", "prefork", "-c", "2")
    site.send("running", seconds=2)
    until(lambda: site.ran("started"), 20)
    # A replica whose master is away: it keeps what it has, and takes no writes.
    site.broker.client.replicaof("127.0.0.1", embedded.free_port())
    with pytest.raises(redis.exceptions.ReadOnlyError):
        site.send("refused")
    until(lambda: site.ran()["running"], 20)
    threading.Event().wait(2)  # the fault lasts beyond the end of the task
    site.broker.client.replicaof("NO", "ONE")
    site.send("next")
    site.await_all(["next"], 5)
    site.unharmed("broker read-only", ["running", "next"], 10)
