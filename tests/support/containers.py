"""What pytest-celery takes for a Docker container, and is a process: it needs no engine."""

import os
import signal
import subprocess
import uuid
from pathlib import Path
from typing import Any

from pytest_celery import CeleryWorkerContainer, RedisContainer

from jobs.infra import embedded
from tests.support.processes import ROOT


class ProcessContainer:
    """The part of a container of the Docker library that pytest-celery touches."""

    def __init__(self, name: str, command: list[str], folder: Path, env: dict[str, str], port: int = 0) -> None:
        self.id = uuid.uuid4().hex
        self.name, self.port = name, port
        self._command = [word.replace("%h", self.id[:12]) for word in command]
        self._log, self._env = folder / f"{name}.log", env
        network: dict[str, Any] = {"Networks": {}, "Ports": {}}
        config = {"Hostname": "127.0.0.1", "Env": [f"{key}={value}" for key, value in env.items()]}
        self.attrs = {"Config": config, "NetworkSettings": network, "HostConfig": {"PortBindings": {}}, "State": {}}
        self.start()

    @property
    def status(self) -> str:
        return "running" if self._process.poll() is None else "exited"

    def start(self) -> None:
        # Its log begins anew: what says that it is ready is of this start.
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=os.environ | self._env,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=embedded.end_with_parent,
            )

    def kill(self, sign: "str | int | None" = None) -> None:
        number = sign if isinstance(sign, int) else signal.Signals[sign or "SIGKILL"]
        if self.status == "running":
            os.killpg(self._process.pid, number)
            self._process.wait(30)

    def stop(self, timeout: int = 10) -> None:
        self.kill("SIGTERM")

    def restart(self, timeout: int = 10) -> None:
        self.stop(timeout)
        self.start()

    def reload(self) -> None:
        """There is nothing that could be out of date."""

    def logs(self) -> bytes:
        return self._log.read_bytes()

    def exec_run(self, command: str) -> tuple[int, bytes]:
        done = subprocess.run(command, shell=True, cwd=ROOT, env=os.environ | self._env, capture_output=True, timeout=60)
        return done.returncode, done.stdout + done.stderr


class Broker(RedisContainer):
    @property
    def port(self) -> int:
        return int(self._container.port)

    @property
    def url(self) -> str:
        return self.host_url

    @property
    def host_url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


class Worker(CeleryWorkerContainer):
    @classmethod
    def command(cls, *args: str, **kwargs: Any) -> list[str]:
        return super().command("--without-mingle", "--without-gossip", *args)
