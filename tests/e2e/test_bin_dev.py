"""A clone, an empty home and one command: it starts, says where it is, and leaves nothing behind."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx
import psutil
import pytest

from jobs.infra.embedded import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0
PROCESSES = ("web", "worker", "beat", "recorder", "flower")
SERVERS = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "CONVEYOR_ENV")


class Dev:
    """bin/dev in a clone; what it prints goes to a file beside it."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self.log = clone.with_suffix(".log")
        self.port, flower = free_port(), free_port()
        inherited = {name: value for name, value in os.environ.items() if name not in SERVERS}
        self.environment = inherited | {"HOME": str(clone / "home"), "PORT": str(self.port), "FLOWER_PORT": str(flower)}
        with self.log.open("w") as log:
            self.process = self.start(log)

    def start(self, output: IO[str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            ["sh", "bin/dev"],
            cwd=self.clone,
            env=self.environment,
            text=True,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def said(self) -> str:
        return self.log.read_text()

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz").is_success
        except httpx.TransportError:
            return False

    def started(self) -> set[str]:
        return set(re.findall(r"(\w+)\.1 started", self.said()))

    def ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        return self.answers() and self.started() == set(PROCESSES)

    def left(self) -> list[psutil.Process]:
        """Every process of this clone: those that stand in it, and its servers, which stand in their data."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return Path(process.cwd()).is_relative_to(self.clone)
        except (psutil.Error, OSError):
            return False


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Dev]:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    _lend_the_installed_packages(clone)
    running = Dev(clone)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGTERM)
            running.process.wait(PATIENCE)
        # PostgreSQL made this folder its own user's; pytest could not always remove it.
        shutil.rmtree(clone, ignore_errors=True)


def _lend_the_installed_packages(clone: Path) -> None:
    """A whole installation takes a minute: the clone finds the packages that run this test, and checks them."""
    (clone / ".venv").symlink_to(sys.prefix)


def until(happened: object, patience: float = PATIENCE) -> None:
    assert callable(happened)
    deadline = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < deadline, happened
        time.sleep(0.1)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_one_command_starts_everything_and_a_signal_leaves_no_process(dev: Dev, sign: signal.Signals) -> None:
    until(dev.ready)
    said = dev.said()
    assert f"http://localhost:{dev.port}/api/docs" in said
    assert "API key" in said

    with tempfile.TemporaryFile("w+") as heard:
        assert dev.start(heard).wait(PATIENCE) == 1
        heard.seek(0)
        assert "it is running already in this folder" in heard.read()

    dev.process.send_signal(sign)
    assert dev.process.wait(PATIENCE) == 0, dev.said()
    until(lambda: not dev.left(), 10)


def test_after_a_kill_the_next_start_works_and_its_end_leaves_no_process(dev: Dev) -> None:
    until(dev.ready)
    dev.process.kill()
    dev.process.wait(PATIENCE)
    until(lambda: not dev.answers())
    # PostgreSQL outlives a kill, and the next start takes it over.
    until(lambda: not [process for process in dev.left() if process.name() in ("honcho", "celery", "uvicorn", "valkey-server")])

    with dev.log.open("w") as log:
        dev.process = dev.start(log)
    until(dev.ready)
    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait(PATIENCE) == 0, dev.said()
    until(lambda: not dev.left(), 10)
