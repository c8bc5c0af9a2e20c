"""bin/dev in a fresh copy of the project: its own ports, home, servers and data."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import psutil

from jobs.infra.embedded import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240.0
PROCESSES = {"web", "worker", "beat", "recorder", "flower"}
OURS = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "CONVEYOR_ENV")


class Dev:
    """A running bin/dev; what it prints goes to a file beside its folder."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.log = folder.with_suffix(".log")
        self.port, flower = free_port(), free_port()
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        self.environment = inherited | {"HOME": str(folder / "home"), "PORT": str(self.port), "FLOWER_PORT": str(flower)}
        self.environment |= settings or {}
        self.start()

    def start(self) -> None:
        with self.log.open("w") as log:
            self.process = self.run(log)

    def run(self, output: IO[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            ["sh", "bin/dev"],
            cwd=self.folder,
            env=self.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_key(self) -> str:
        return self._told(r"API key\s+(\S+)")

    @property
    def password(self) -> str:
        """The admin's."""
        return self._told(r"admin / (\S+)")

    def _told(self, pattern: str) -> str:
        found = re.search(pattern, self.said())
        assert found, self.said()
        return found[1]

    def said(self) -> str:
        return self.log.read_text()

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz").is_success
        except httpx.TransportError:
            return False

    def ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        return self.answers() and set(re.findall(r"(\w+)\.1 started", self.said())) >= PROCESSES

    def manage(self, *words: str) -> str:
        """What a command of manage.py says in this installation."""
        said = subprocess.run(
            [str(self.folder / ".venv/bin/python"), "manage.py", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert said.returncode == 0, said.stderr
        return said.stdout.strip()

    def imports_nothing(self) -> str:
        """Submit a job that dies, an import of an upload that is not there; answers its id."""
        words = "import uuid; from stock.tasks import import_products as job; print(job.delay(upload=uuid.uuid4()).pk)"
        return self.manage("shell", "--no-imports", "--command", words)

    def left(self) -> list[str]:
        """The name of every process that stands in this folder; the servers stand in their data."""
        return [name for process in psutil.process_iter() if (name := self._name_if_ours(process))]

    def _name_if_ours(self, process: psutil.Process) -> str | None:
        # A process may end between any two questions about it.
        try:
            return process.name() if Path(process.cwd()).is_relative_to(self.folder) else None
        except (psutil.Error, OSError):
            return None

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)


@contextmanager
def running(**settings: str) -> Iterator[Dev]:
    """bin/dev in a copy of its own, ready; stopped at the end."""
    with copied() as folder:
        dev = Dev(folder, settings)
        try:
            until(dev.ready)
            yield dev
        finally:
            dev.stop()


@contextmanager
def copied() -> Iterator[Path]:
    """What git would commit, and the packages that run this test: installing them anew takes a minute."""
    # Not under pytest's tmp_path: each run of pytest closes that to other users, and as root PostgreSQL runs as one.
    with tempfile.TemporaryDirectory(prefix="conveyor-", ignore_cleanup_errors=True) as parent:
        Path(parent).chmod(0o755)
        folder = Path(parent) / "conveyor"
        _copy(folder)
        (folder / ".venv").symlink_to(sys.prefix)
        yield folder


def _copy(folder: Path) -> None:
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listing, cwd=ROOT, text=True).split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def until(happened: Callable[[], object], patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < deadline, f"It did not happen in {patience} seconds."
        time.sleep(0.1)
