"""A broker that faults befall, workers of plain tasks, and notes of what they ran on a server that nothing befalls."""

import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from celery import Celery
from kombu import Connection

from tests.support import table
from tests.support.processes import ROOT, _end_with_parent
from tests.support.valkey import Valkey
from tests.support.waiting import until


class Site:
    """A broker, a store of notes that nothing befalls, and workers."""

    def __init__(self, broker: Valkey, notes: Valkey, folder: Path) -> None:
        self.broker, self.notes, self.folder = broker, notes, folder
        self.workers: list[subprocess.Popen[bytes]] = []

    def worker(self, *options: str, stock: bool = False, url: str = "", **env: str) -> subprocess.Popen[bytes]:
        name = f"w{len(self.workers)}"
        command = [sys.executable, "-m", "celery", "-A", "tests.support.plain_app", "worker", "-Q", "default", "-n", f"{name}@here"]
        command += ["--without-mingle", "--without-gossip", "-l", "INFO", *options]
        env = os.environ | {"BROKER": url or self.broker.url, "NOTES": self.notes.url} | ({"STOCK": "1"} if stock else {}) | env
        # With Django's settings in sight Celery would load the platform, and with it our transport.
        env.pop("DJANGO_SETTINGS_MODULE", None)
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True, preexec_fn=_end_with_parent
            )
        self.workers.append(process)
        until(lambda: b" ready." in (self.folder / f"{name}.log").read_bytes(), 60, self.logs)
        return process

    def ping(self, prefix: str = "") -> list[dict[str, object]]:
        """Which workers answer who asks all."""
        app = Celery("asking", broker=self.broker.url, set_as_current=False)
        app.conf.update(broker_transport="jobs.infra.transport:Transport", broker_transport_options={"global_keyprefix": prefix})
        with app.connection() as connection:
            return list(app.control.ping(timeout=3, connection=connection) or [])

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def send(self, *names: str, seconds: float = 0, task: str = "mark", prefix: str = "") -> None:
        options = {"global_keyprefix": prefix}
        with Connection(self.broker.url, transport="jobs.infra.transport:Transport", transport_options=options) as connection:
            producer = connection.Producer()
            for name in names:
                headers = {"task": task, "id": name, "lang": "py"}
                args = [name, seconds] if task == "mark" else []
                producer.publish([args, {}, {}], headers=headers, routing_key="default", serializer="json", correlation_id=name)

    def ran(self, list_: str = "ended") -> Counter[str]:
        return Counter(name.decode() for name in self.notes.client.lrange(list_, 0, -1))

    def await_all(self, names: list[str], seconds: float) -> None:
        until(lambda: set(names) <= set(self.ran()), seconds, lambda: f"{self.ran()}\n{self.logs()}")

    def unharmed(self, fault: str, names: list[str], seconds: float) -> None:
        """All of them end within that time, none twice, and the broker is empty; noted in the table."""
        self.await_all(names, seconds)
        until(lambda: self.left() == 0, 20, self.logs)
        row = table.tell(fault, names, self.ran())
        assert (row.lost, row.repeated) == (0, 0), f"{row}\n{self.logs()}"

    def harmed(self, fault: str, names: list[str], seconds: float) -> None:
        """The twin: without our protection some are lost or run twice; noted in the table."""
        with contextlib.suppress(AssertionError):
            until(lambda: any(self.ran()[name] > 1 for name in names), seconds)
        row = table.tell(f"{fault}, stock Celery", names, self.ran())
        assert row.lost or row.repeated, f"stock Celery bears {fault} too"

    def logs(self) -> str:
        return "\n".join(path.read_text()[-3000:] for path in sorted(self.folder.glob("w*.log")))

    def blocked(self) -> bool:
        return bool(self.broker.client.info("clients")["blocked_clients"])

    def left(self) -> int:
        """Messages of the queue that Redis still has anywhere."""
        client = self.broker.client
        pending = sum(client.hlen(key) for key in client.keys("conveyor:pending:*"))
        ready = sum(client.llen(key) for key in client.keys("default*") if not key.endswith(b":wake"))
        return ready + pending + client.hlen("unacked")


@contextmanager
def running(folder: Path, binary: str = "") -> Iterator[Site]:
    folders = [folder / name for name in ("broker", "notes")]
    for each in folders:
        each.mkdir()
    with Valkey(folders[0], binary=binary).running() as broker, Valkey(folders[1]).running() as notes:
        site = Site(broker, notes, folder)
        yield site
        for worker in site.workers:
            if worker.poll() is None:
                site.kill(worker)
