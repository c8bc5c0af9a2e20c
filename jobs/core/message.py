"""The message that stands for a job on the broker: one per turn."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from jobs.core.gates import Subject


@dataclass(frozen=True, slots=True)
class Message:
    """`turn` numbers the messages of one job, so that an old one can be told from the one that counts."""

    id: str
    type: str
    queue: str
    priority: int
    payload: dict[str, Any]
    tenant: str
    turn: int
    attempt: int
    attempts: int
    timeout: timedelta
    due: datetime | None = None
    expires: datetime | None = None
    request_id: str = ""
    tags: tuple[str, ...] = ()
    trace: str = ""

    def subject(self) -> Subject:
        return Subject(self.type, self.tenant, self.queue, self.tags, lambda: self.payload)

    def following(self, attempt: int, due: datetime | None = None) -> "Message":
        """The next turn's message."""
        return replace(self, turn=self.turn + 1, attempt=attempt, due=due)
