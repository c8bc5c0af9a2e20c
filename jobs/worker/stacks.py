"""What a worker is doing at this moment: the stacks of its main process and of its children, for who asks why it is stuck.

A child writes them by faulthandler, from C, so also when it never comes back to Python's loop. The signal is one that neither
Celery (USR1, USR2) nor billiard (USR1 is its soft time limit) uses.
"""

import contextlib
import faulthandler
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import IO, Any

import redis
import structlog
from celery import signals
from celery.worker.control import control_command

from jobs.infra import control

log = structlog.get_logger(__name__)
SIGNAL = signal.SIGRTMIN + 7
PATIENCE, LOOK = 2.0, 0.05
LONGEST = 100_000
# Made by the main process before its children, who write into it.
_folder: Path | None = None
_main = 0
_file: IO[str] | None = None


def make_a_place() -> None:
    """Called by the main process, once it is known and before it has children."""
    global _folder, _main
    _main = os.getpid()
    _folder = _folder or Path(tempfile.mkdtemp(prefix="conveyor-stacks-"))


@signals.worker_shutdown.connect
def _leave_the_place(**_: Any) -> None:
    global _folder
    if _folder:
        shutil.rmtree(_folder, ignore_errors=True)
    _folder = None


@signals.worker_process_init.connect
def _listen(**_: Any) -> None:
    """In a child. Its file says that the signal is heard; without it the signal would kill."""
    global _file
    if _folder is None or not _folder.is_dir() or os.getpid() == _main:
        return
    _file = (_folder / f"new-{os.getpid()}").open("a")
    faulthandler.register(SIGNAL, _file, all_threads=True)
    (_folder / f"new-{os.getpid()}").rename(_folder / str(os.getpid()))


@control_command(name="stacks", args=[("ask", str)])
def _tell(state: Any, ask: str = "", **_: Any) -> dict[str, str]:
    """Not in the worker's loop, which must not wait for its children."""
    threading.Thread(target=_answer, args=(ask,), name="conveyor-stacks", daemon=True).start()
    return {"ok": "they are on their way"}


def _answer(ask: str) -> None:
    try:
        control.answer_stacks(ask, [{"process": os.getpid(), "what": "main", "text": of_this_process()}, *of_children()])
    except redis.RedisError as error:
        log.warning("worker.stacks_not_told", why=str(error))


def of_this_process() -> str:
    """The stacks of all threads."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    frames = sys._current_frames().items()
    return "\n".join(f"Thread {names.get(id, id)}:\n{''.join(traceback.format_stack(frame))}" for id, frame in frames)[:LONGEST]


def of_children() -> list[dict[str, Any]]:
    files = {int(file.name): file for file in _folder.iterdir() if file.name.isdigit()} if _folder and _folder.is_dir() else {}
    asked = {pid: file for pid, file in files.items() if _asked(pid, file)}
    deadline = time.monotonic() + PATIENCE
    texts: dict[int, str] = {}
    while time.monotonic() < deadline:
        fresh = {pid: file.read_text(errors="replace")[-LONGEST:] for pid, file in asked.items()}
        if fresh == texts and all(fresh.values()):
            break
        texts = fresh
        time.sleep(LOOK)
    return [{"process": pid, "what": "child", "text": text or "It did not answer."} for pid, text in sorted(texts.items())]


def _asked(pid: int, file: Path) -> bool:
    """False for a child that has ended; its file goes."""
    try:
        os.truncate(file, 0)
        os.kill(pid, SIGNAL)
    except ProcessLookupError:
        with contextlib.suppress(FileNotFoundError):
            file.unlink()
        return False
    return True
