"""Real processes of the platform for a test: each in a group of its own, ended with the test by its own id."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1


class Processes:
    """Starts them, kills them, ends them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *command: str, **env: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=os.environ | environment() | env,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        self.running.append(process)
        return process

    def worker(self, *options: str, name: str = "worker", **env: str) -> subprocess.Popen[bytes]:
        queues = ("--queues", "checkout,default,bulk", "--without-gossip", "--without-mingle")
        command = ("-m", "celery", "-A", "config", "worker", "--include", "tests.support.sample_jobs")
        return self.start(name, *command, *queues, *options, **env)

    def recorder(self, **env: str) -> subprocess.Popen[bytes]:
        return self.start("recorder", "manage.py", "recorder", **env)

    def beat(self, **env: str) -> subprocess.Popen[bytes]:
        return self.start("beat", "-m", "celery", "-A", "config", "beat", "--pidfile=", **env)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL to the whole group, as a machine that loses power."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        for process in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill(process)

    def logs(self) -> str:
        return "\n".join(f"--- {file.name}\n{file.read_text()[-3000:]}" for file in sorted(self.folder.glob("*.log")))


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def environment() -> dict[str, str]:
    """What makes a process use the stores of this test."""
    database = connection.settings_dict
    host, name = quote(str(database["HOST"]), safe=""), quote(str(database["NAME"]))
    options = {"host": database["HOST"], "port": database["PORT"]} if str(database["HOST"]).startswith("/") else {}
    query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in options.items() if value)
    server = "" if query else f"{host}:{database['PORT'] or 5432}"
    url = f"postgresql://{quote(str(database['USER']))}@{server}/{name}" + (f"?{query}" if query else "")
    return {"DATABASE_URL": url, "REDIS_URL": str(settings.REDIS_URL), "CONVEYOR_ENV": "test"}


@contextlib.contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    started = Processes(folder)
    try:
        yield started
    finally:
        started.end()


def until(condition: Callable[[], bool], patience: float, otherwise: Callable[[], str]) -> None:
    """Wait for a condition; past the patience, fail with what is known."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.05)
