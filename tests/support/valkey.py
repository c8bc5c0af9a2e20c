"""A Redis or Valkey server that a test may stop, freeze and start again, always on the same port."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import redis

from jobs.infra import embedded
from tests.support.certificates import Authority
from tests.support.waiting import until


class Valkey:
    """The server of our wheel, or another whose `binary` is given; `start` starts it, `running` for the time of a block."""

    scheme = "redis"

    def __init__(self, folder: Path, *options: str, binary: str = "") -> None:
        self.port = embedded.free_port()
        self.url = f"{self.scheme}://127.0.0.1:{self.port}/0"
        self.client = self.connect()
        self.log = folder / "server.log"
        self._command = [binary or embedded._binary(), *self._listen(), "--bind", "127.0.0.1", "--dir", str(folder)]
        self._command += ["--appendonly", "yes", "--appendfsync", "always", "--save", "", *options]
        self._process: subprocess.Popen[bytes] | None = None

    def connect(self, **options: Any) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=5, **options)

    def _listen(self) -> list[str]:
        return ["--port", str(self.port)]

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, start_new_session=True, preexec_fn=embedded.end_with_parent
            )
        until(lambda: self._answers() or self._ended(), 20)
        assert not self._ended(), self.log.read_text()[-2000:]

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        assert self._process is not None
        self._process.wait(20)

    def kill(self) -> None:
        """As a machine that loses power."""
        self.signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(20)

    @contextmanager
    def running(self) -> Iterator[Self]:
        self.start()
        try:
            yield self
        finally:
            if not self._ended():
                self.stop()
            self.client.close()

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False


class Secured(Valkey):
    """With TLS alone: it asks for a certificate, and shows one. Its client shows the one of `settings`."""

    scheme = "rediss"

    def __init__(self, folder: Path, *options: str, binary: str) -> None:
        self.authority = Authority(folder)
        self._own, self._client = self.authority.sign("server"), self.authority.sign("client")
        super().__init__(folder, *options, binary=binary)

    @property
    def settings(self) -> dict[str, str]:
        """What a process of ours needs to trust it and to be trusted."""
        return {
            "REDIS_CA_FILE": str(self.authority.file),
            "REDIS_CERT_FILE": str(self._client.certificate),
            "REDIS_KEY_FILE": str(self._client.key),
        }

    def url_of(self, user: str, password: str) -> str:
        return f"rediss://{user}:{password}@127.0.0.1:{self.port}/0"

    def connect(self, **options: Any) -> redis.Redis:
        certificate, key = str(self._client.certificate), str(self._client.key)
        return super().connect(ssl_ca_certs=str(self.authority.file), ssl_certfile=certificate, ssl_keyfile=key, **options)

    def _listen(self) -> list[str]:
        files = {"cert": self._own.certificate, "key": self._own.key, "ca-cert": self.authority.file}
        options = [word for name, file in files.items() for word in (f"--tls-{name}-file", str(file))]
        return ["--port", "0", "--tls-port", str(self.port), *options]
