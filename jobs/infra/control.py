"""Words to the workers, by Celery's remote control."""

import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
from celery import current_app

from jobs.infra.redis import client, key

PATIENCE = 6.0
KEPT_FOR = timedelta(minutes=5)


def kill(task_ids: Sequence[str]) -> None:
    """Kill the processes that run these tasks, and record them as revoked; a task that has ended is left alone."""
    current_app.control.revoke(list(task_ids), terminate=True, signal="SIGKILL")


def stop(worker: str) -> None:
    """A warm shutdown: what runs ends, what has not started goes back."""
    current_app.control.shutdown(destination=[worker])


def quiet(worker: str) -> None:
    """Take nothing more; the process stays."""
    current_app.control.broadcast("quiet", destination=[worker])


def listen(worker: str) -> None:
    """Take again from the queues that were left."""
    current_app.control.broadcast("listen", destination=[worker])


def resize(worker: str, by: int) -> None:
    """More processes or threads in the pool, or fewer."""
    change = current_app.control.pool_grow if by > 0 else current_app.control.pool_shrink
    change(abs(by), destination=[worker])


def drain(worker: str) -> None:
    """Take nothing more, end all that was taken, then stop."""
    current_app.control.broadcast("drain", destination=[worker])


def stacks(worker: str) -> list[dict[str, Any]] | None:
    """What each process of the worker is doing, {process, what, text}; None when it does not answer in time."""
    ask = uuid.uuid4().hex
    current_app.control.broadcast("stacks", arguments={"ask": ask}, destination=[worker])
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if text := client().get(_answer(ask)):
            found: list[dict[str, Any]] = orjson.loads(str(text))
            return found
        time.sleep(0.1)
    return None


def answer_stacks(ask: str, found: list[dict[str, Any]]) -> None:
    """The worker's answer to who asked."""
    client().set(_answer(ask), orjson.dumps(found), px=KEPT_FOR)


def _answer(ask: str) -> str:
    return key(f"stacks:{ask}")
