"""The messages that wait in Redis for their time, one by one: for people who want to see them, and to take a plain task out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

import orjson
from celery import current_app
from celery.app.task import Context

from jobs.infra.broker import delayed_key
from jobs.infra.redis import client

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Delayed:
    """`member` is what Redis keeps; a job's message is worth nothing without its row, a plain task's is all there is of it."""

    id: str
    type: str
    queue: str
    due: datetime
    of_job: bool
    member: str


def first(count: int) -> list[Delayed]:
    """Those that are due next."""
    return list(islice(_all(), count))


def find(task_id: str) -> list[Delayed]:
    """The messages of that task or job."""
    return [message for message in _all(f'"{task_id}"') if message.id == task_id]


def revoke(messages: list[Delayed]) -> int:
    """Take plain tasks out before their time, and tell who waits for their results; answers how many were still there."""
    taken = [message for message in messages if client().zrem(delayed_key(), message.member)]
    for message in taken:
        about = Context(id=message.id, task=message.type, delivery_info={"routing_key": message.queue})
        current_app.backend.mark_as_revoked(message.id, "cancelled", request=about)
    return len(taken)


def _all(containing: str = "") -> Iterator[Delayed]:
    at = 0
    while found := cast("list[tuple[str, float]]", client().zrange(delayed_key(), at, at + CHUNK - 1, withscores=True)):
        for member, due in found:
            message = _read(member, due) if containing in member else None
            if message:
                yield message
        at += CHUNK


def _read(member: str, due: float) -> Delayed | None:
    """None for what is no message: a gate that will open."""
    _, _, text = member.partition("\n")
    try:
        message: dict[str, Any] = orjson.loads(text)
        headers, info = message["headers"], message["properties"]["delivery_info"]
        # Celery's first protocol has them in the body: such a message shows its tag.
        id = headers.get("id") or message["properties"]["delivery_tag"]
        return Delayed(
            str(id),
            str(headers.get("task", "")),
            str(info.get("routing_key", "")),
            datetime.fromtimestamp(due / 1000, UTC),
            "conveyor" in headers,
            member,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
