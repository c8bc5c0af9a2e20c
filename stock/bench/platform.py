"""The processes of the Procfile for the time of a benchmark, on the servers that the settings name."""

import contextlib
import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from django.conf import settings

from jobs.infra.embedded import free_port

HOST = "127.0.0.1"
PR_SET_PDEATHSIG = 1
PATIENCE = 180.0


@contextlib.contextmanager
def running(names: Sequence[str], *, include: str = "") -> Iterator[int]:
    """Start these, the worker with a module of its own; answers the port of the web server. All end with the block."""
    port, commands = free_port(), _procfile()
    commands["worker"] += f" --include {include}" if include else ""
    environment = os.environ | {"HOST": HOST, "PORT": str(port), "LOG_LEVEL": "ERROR", "PATH": _path()}
    started = [_start(commands[name], environment) for name in names]
    try:
        if "web" in names:
            until(lambda: answers(port))
        yield port
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(30)


def until(condition: Callable[[], bool]) -> None:
    """Raises TimeoutError past the patience."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("It did not happen in time; is another process using these servers?")
        time.sleep(0.02)


def _path() -> str:
    """Where the commands of this environment are found first."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def _procfile() -> dict[str, str]:
    lines = (settings.ROOT / "Procfile").read_text().splitlines()
    return {name.strip(): command.strip() for name, _, command in (line.partition(":") for line in lines)}


def _start(command: str, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    # `env` takes the assignments before the command, and the shell is replaced: the process that is ended is the one that runs.
    return subprocess.Popen(
        ["sh", "-c", f"exec env {command}"],
        cwd=settings.ROOT,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        preexec_fn=_end_with_parent,
    )


def _end_with_parent() -> None:
    """Also when the benchmark itself is killed; a wish that Linux grants."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def answers(port: int) -> bool:
    line = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()
