"""What jobs log while they run: a capped list in Redis for each attempt, kept for some days. Not durable, as logs are not."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from jobs.infra.redis import client, key

KEPT_FOR = timedelta(days=3)
# The last so many lines of an attempt are kept, each so long at most.
MOST_LINES, LONGEST = 300, 1000


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts the lines of its attempt from 1: a gap at the beginning tells what was not kept."""

    number: int
    at_ms: int
    level: str
    logger: str
    text: str

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.at_ms / 1000, UTC)


def add(job_id: str, turn: int, lines: Sequence[Line]) -> None:
    """Raises redis.RedisError."""
    name = _key(job_id, turn)
    with client().pipeline(transaction=False) as pipe:
        pipe.rpush(name, *(orjson.dumps(asdict(line)).decode() for line in lines))
        pipe.ltrim(name, -MOST_LINES, -1)
        pipe.expire(name, KEPT_FOR)
        pipe.execute()


def read(job_id: str, turns: Sequence[int]) -> dict[int, list[Line]]:
    """The lines by turn, the oldest first. Raises redis.RedisError."""
    with client().pipeline(transaction=False) as pipe:
        for turn in turns:
            pipe.lrange(_key(job_id, turn), 0, -1)
        found: Any = pipe.execute() if turns else []
    return {turn: [Line(**orjson.loads(text)) for text in texts] for turn, texts in zip(turns, found, strict=True)}


def _key(job_id: str, turn: int) -> str:
    return key(f"log:{job_id}:{turn}")
