"""What goes in and out, in camelCase."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field
from pydantic.alias_generators import to_camel

from jobs.infra.job_log import Line
from jobs.models import Event, Job
from jobs.queries.carried import bare_error, bare_event, bare_progress
from jobs.services.submission import Order


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is beyond the calendar") from None


# With its offset; kept in UTC, for PostgreSQL takes no offset of 16 hours and more.
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Camel(Schema):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class JobIn(Camel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")
    type: str = Field(examples=["stock.import"])
    data: dict[str, Any] = Field(default_factory=dict)
    priority: int | None = Field(default=None, ge=0, le=10)
    attempts: int | None = Field(default=None, ge=1, le=5)
    delay: int | None = Field(default=None, ge=0, le=31_536_000_000, description="In milliseconds.")
    run_at: Moment | None = None
    expires_at: Moment | None = None
    tags: list[str] = Field(default_factory=list)
    callback_url: str = Field(default="", max_length=2000, description="Told how the job ended, as a signed webhook.")

    def order(self, key: str | None = None) -> Order:
        delay = timedelta(milliseconds=self.delay) if self.delay else None
        return Order(
            self.type, self.data, key, self.priority, self.attempts, delay, self.run_at, self.expires_at, self.tags, self.callback_url
        )


class Accepted(Camel):
    job_id: UUID
    status: str = "accepted"
    estimated_completion: datetime | None = None


class JobOut(Camel):
    id: UUID
    type: str
    status: str
    queue: str
    priority: int
    data: Any
    tags: list[str]
    attempt: int
    attempts: int
    progress: Any
    result: Any
    error: Any
    worker: str
    run_at: datetime | None
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    replay_of: UUID | None


class JobPage(Camel):
    items: list[JobOut]
    next: str | None


class EventOut(Camel):
    id: str
    name: str
    at: datetime
    data: Any


class TypeOut(Camel):
    name: str
    summary: str
    queue: str
    priority: int
    attempts: int
    timeout: float
    payload: dict[str, Any]


class RetryIn(Camel):
    data: dict[str, Any] | None = None


class LineOut(Camel):
    number: int
    at: datetime
    level: str
    logger: str
    text: str


class LogOut(Camel):
    attempt: int
    state: str
    lines: list[LineOut]


class CancelOut(Camel):
    status: str


def job_out(job: Job, *, carried: bool = True) -> dict[str, Any]:
    """The job; `carried` tells whether with what it carries."""
    names = ("id", "type", "queue", "priority", "tags", "attempt", "attempts", "progress", "result", "error", "worker")
    moments = ("run_at", "submitted_at", "started_at", "finished_at")
    same = {name: getattr(job, name) for name in (*names, *moments)}
    hidden = {} if carried else {"data": None, "result": None, "error": bare_error(job.error), "progress": bare_progress(job.progress)}
    return same | {"status": str(job.state), "data": job.payload, "replay_of": job.replay_of_id} | hidden


def line_out(line: Line) -> dict[str, Any]:
    return {name: getattr(line, name) for name in LineOut.model_fields}


def event_out(event: Event, *, carried: bool = True) -> dict[str, Any]:
    return {"id": event.position, "name": event.name, "at": event.at, "data": event.data if carried else bare_event(event.data)}
