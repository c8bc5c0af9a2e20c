"""A master that dies behind real Sentinels: workers take jobs again within seconds of the election, and nothing is lost."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest
import redis
import redis.sentinel

from jobs.infra import embedded
from tests.support.site import Site
from tests.support.valkey import Valkey
from tests.support.waiting import until

SENTINEL = shutil.which("redis-sentinel") or ""
REDIS = shutil.which("redis-server") or ""
# How long a master is silent until it counts as dead.
SILENT = 1000


class Sentinels:
    """Three of them, real processes, that watch one master."""

    def __init__(self, folder: Path, master: Valkey) -> None:
        self.ports = [embedded.free_port() for _ in range(3)]
        self.processes = [self._start(folder / f"sentinel-{port}.conf", port, master.port) for port in self.ports]
        self.known = redis.sentinel.Sentinel([("127.0.0.1", port) for port in self.ports], socket_timeout=1)
        self.url = ";".join(f"sentinel://127.0.0.1:{port}/0" for port in self.ports)

    @staticmethod
    def _start(file: Path, port: int, master: int) -> "subprocess.Popen[bytes]":
        lines = [f"port {port}", "bind 127.0.0.1", f"dir {file.parent}", f"sentinel monitor main 127.0.0.1 {master} 2"]
        lines += [f"sentinel down-after-milliseconds main {SILENT}", "sentinel failover-timeout main 5000"]
        file.write_text("\n".join(lines) + "\n")
        with file.with_suffix(".log").open("wb") as log:
            return subprocess.Popen(
                [SENTINEL, str(file)], stdout=log, stderr=log, start_new_session=True, preexec_fn=embedded.end_with_parent
            )

    def ready(self) -> bool:
        """All know each other and the replica."""
        try:
            told = [asked.sentinel_masters()["main"] for asked in self.known.sentinels]
        except redis.RedisError:
            return False
        return all(int(master["num-other-sentinels"]) == 2 and int(master["num-slaves"]) == 1 for master in told)

    def master(self) -> int:
        try:
            return int(self.known.discover_master("main")[1])
        except redis.RedisError:
            return 0

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        self.known.close()


class Replicated(Site):
    """A site whose broker is a master with a replica; workers ask the Sentinels for it."""

    def __init__(self, master: Valkey, replica: Valkey, sentinels: Sentinels, notes: Valkey, folder: Path) -> None:
        super().__init__(master, notes, folder)
        self.replica, self.sentinels = replica, sentinels


@pytest.fixture
def replicated(tmp_path: Path) -> Iterator[Replicated]:
    assert SENTINEL, "These tests need redis-sentinel; bin/test installs it."
    for name in ("master", "replica", "notes", "sentinels"):
        (tmp_path / name).mkdir()
    with ExitStack() as stack:
        master = stack.enter_context(Valkey(tmp_path / "master", binary=REDIS).running())
        replicaof = ("--replicaof", "127.0.0.1", str(master.port))
        replica = stack.enter_context(Valkey(tmp_path / "replica", *replicaof, binary=REDIS).running())
        notes = stack.enter_context(Valkey(tmp_path / "notes").running())
        until(lambda: replica.client.info("replication")["master_link_status"] == "up", 20)
        sentinels = Sentinels(tmp_path / "sentinels", master)
        stack.callback(sentinels.stop)
        until(sentinels.ready, 40)
        site = Replicated(master, replica, sentinels, notes, tmp_path)
        stack.callback(lambda: [site.kill(worker) for worker in site.workers if worker.poll() is None])
        yield site


def elected(site: Replicated) -> bool:
    """The replica is the master, and all who ask a Sentinel hear it."""
    return site.sentinels.master() == site.replica.port and site.replica.client.info("replication")["role"] == "master"


@pytest.mark.timeout(180)
def test_a_failover_is_followed_within_seconds_and_loses_nothing_that_was_replicated(replicated: Replicated) -> None:
    site = replicated
    for _ in range(2):
        site.worker("-P", "threads", "-c", "2", url=site.sentinels.url, MASTER="main")
    todo = [f"before{n}" for n in range(40)]
    site.send(*todo, seconds=1)
    until(lambda: site.ran("started"), 20, site.logs)
    assert site.broker.client.wait(1, 5000) == 1
    site.broker.kill()
    ended = set(site.ran())
    until(lambda: elected(site), 60)
    site.broker = site.replica
    site.send("after")
    seen = sum(site.ran().values())
    took = until(lambda: sum(site.ran("started").values()) > seen + 4, 30, site.logs)
    print(f"\njobs were started again {took:.1f} s after the election")
    site.await_all([*todo, "after"], 40)
    until(lambda: site.left() == 0, 15, site.logs)
    # Whose acknowledgement was not replicated may run again; what waited or ran when the master died may not.
    assert {name for name, times in site.ran("started").items() if times > 1} <= ended


@pytest.mark.timeout(180)
def test_without_sentinels_a_worker_would_wait_for_the_dead_master(replicated: Replicated) -> None:
    """The twin: the same worker, led to the master itself."""
    site = replicated
    site.worker("-P", "solo", url=site.broker.url)
    site.broker.kill()
    until(lambda: elected(site), 60)
    site.broker = site.replica
    site.send("after")
    began = monotonic()
    until(lambda: monotonic() - began > 6, 10)
    assert not site.ran()
    assert site.left() == 1
