"""What `bin/dev` runs: servers from wheels, the first start's set-up, the Procfile, and one clear block that says where to look."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis

from jobs.infra import embedded

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / ".data"


class Stop(Exception):
    """The start can't go on; the message says what to do."""


def main() -> int:
    # Until the Procfile runs, a SIGTERM unwinds as Ctrl-C does: the servers stop.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.ExitStack() as stack:
            return _run(stack)
    except (Stop, embedded.Failed) as error:
        print(f"bin/dev: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _run(stack: contextlib.ExitStack) -> int:
    DATA.mkdir(exist_ok=True)
    stack.enter_context(_alone())
    ports = {"PORT": os.environ.get("PORT", "8000"), "FLOWER_PORT": os.environ.get("FLOWER_PORT", "5555")}
    for name, port in ports.items():
        _must_be_free(name, port)
    flower, first = _flower_password()
    os.environ |= {"CONVEYOR_ENV": "development", "DEBUG": "true", **ports, "FLOWER_BASIC_AUTH": flower}
    os.environ["FLOWER_URL"] = f"http://127.0.0.1:{ports['FLOWER_PORT']}"
    if given := os.environ.get("DATABASE_URL"):
        _database_must_answer(given)
    else:
        os.environ["DATABASE_URL"] = stack.enter_context(embedded.postgres(DATA / "postgres"))
    if given := os.environ.get("REDIS_URL"):
        _redis_must_answer(given)
    else:
        os.environ["REDIS_URL"] = stack.enter_context(embedded.valkey(DATA / "valkey"))
    # Honcho waits five seconds for all together.
    os.environ.setdefault("WORKER_STOP_SECONDS", "3")
    stack.enter_context(_told_to_other_shells())
    _manage("migrate", "--verbosity", "0")
    _manage("first_start")
    _manage("demo")
    _manage("demo_show")
    _say(ports, flower if first else None)
    return _honcho()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One at a time in this folder."""
    import fcntl

    with (DATA / "dev.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop("it is running already in this folder. Stop that one first.") from None
        yield


@contextlib.contextmanager
def _told_to_other_shells() -> Iterator[None]:
    """While it runs, `manage.py` in another shell uses the same servers (config.env reads the file)."""
    file = DATA / "env"
    file.touch(mode=0o600)
    names = ("CONVEYOR_ENV", "DEBUG", "DATABASE_URL", "REDIS_URL", "FLOWER_BASIC_AUTH")
    file.write_text("".join(f"{name}='{os.environ[name]}'\n" for name in names))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _must_be_free(name: str, port: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError:
            raise Stop(f"port {port} is taken. Choose another: {name}={int(port) + 1} bin/dev") from None
        except ValueError:
            raise Stop(f"{name} must be a port number, not {port!r}.") from None


def _database_must_answer(url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        raise _wrong("DATABASE_URL", error) from None


def _redis_must_answer(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise _wrong("REDIS_URL", error) from None


def _wrong(name: str, error: Exception) -> Stop:
    reason = (str(error).splitlines() or ["no answer"])[0]
    return Stop(f"{name} does not lead to a server ({reason}). Correct it, or unset it to use the one that comes with Conveyor.")


def _flower_password() -> tuple[str, bool]:
    """user:password for Flower, and whether it is new: made at the first start and kept."""
    file = DATA / "flower"
    if given := os.environ.get("FLOWER_BASIC_AUTH"):
        return given, False
    if file.exists():
        return file.read_text(), False
    made = f"operator:{secrets.token_urlsafe(9)}"
    file.touch(mode=0o600)
    file.write_text(made)
    return made, True


def _manage(*words: str) -> None:
    if subprocess.call([sys.executable, str(ROOT / "manage.py"), *words]):
        raise Stop(f"`manage.py {words[0]}` failed; see above. Are DATABASE_URL and REDIS_URL right?")


def _say(ports: dict[str, str], flower: str | None) -> None:
    site = f"http://localhost:{ports['PORT']}"
    lines = [f"Site      {site}/", f"API docs  {site}/api/docs", f"Admin     {site}/admin/", f"Health    {site}/readyz"]
    lines.append(
        f"Flower    {site}/ops/flower/, or http://localhost:{ports['FLOWER_PORT']}/ops/flower/"
        + (f"   ({flower})" if flower else "   (its password: .data/flower)")
    )
    width = max(map(len, lines)) + 2
    print("\n".join(["", "Conveyor  Ctrl-C stops it", "=" * width, *lines, "=" * width, ""]), flush=True)


def _honcho() -> int:
    """Runs the Procfile; a signal to us goes on to it, and the servers stop after it."""
    process = subprocess.Popen(["honcho", "start"], cwd=ROOT, start_new_session=True, preexec_fn=embedded.end_with_parent)
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: process.send_signal(signal.SIGTERM))
    code = process.wait()
    return 0 if code in (0, -signal.SIGTERM, 128 + signal.SIGTERM) else code


if __name__ == "__main__":
    sys.exit(main())
