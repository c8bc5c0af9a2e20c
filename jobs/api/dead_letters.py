"""Dead letters over HTTP: look, replay, purge."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from jobs.api import waiting
from jobs.api.auth import require
from jobs.api.schemas import Camel
from jobs.core.errors import NotAllowed
from jobs.core.roles import Role
from jobs.models import DeadLetter, Tenant
from jobs.models.tenant import Scope
from jobs.queries import dead_letters as queries
from jobs.queries.carried import bare_error
from jobs.queries.roles import has
from jobs.services import dead_letters, submission

router = Router(tags=["dead letters"])
SAMPLE = 10


class Filter(Camel):
    reason: str = ""
    type: str = ""
    queue: str = ""


class LetterOut(Camel):
    id: int
    type: str
    queue: str
    reason: str
    job_id: UUID | None
    data: Any
    error: Any
    history: Any
    died_at: datetime
    replayed_as: UUID | None


class LetterPage(Camel):
    items: list[LetterOut]
    next: int | None


class ReplayIn(Camel):
    data: dict[str, Any] | None = None


class ManyIn(Filter):
    dry_run: bool = True


class ManyOut(Camel):
    count: int
    sample: list[LetterOut]
    dry_run: bool


class Purged(Camel):
    count: int


@router.get("/dead-letters", response=LetterPage, by_alias=True)
def search(request: HttpRequest, chosen: Query[Filter], after: int | None = None, limit: int = 50) -> Any:
    """Dead letters of the tenant, the newest first."""
    found, cursor = queries.page(queries.search(_reader(request), **chosen.dict()), after, limit)
    return {"items": [_seen(request, letter) for letter in found], "next": cursor}


@router.get("/dead-letters/{int:number}", response=LetterOut, by_alias=True)
def get(request: HttpRequest, number: int) -> Any:
    """One dead letter, with the history of its attempts."""
    return _seen(request, queries.get(_reader(request), number))


@router.post("/dead-letters/{int:number}/replay", response=waiting.RESPONSES, by_alias=True)
def replay(request: HttpRequest, response: HttpResponse, number: int, body: ReplayIn | None = None) -> Any:
    """Submit the job again, with other data if given; the new job names the old."""
    letter = queries.get(require(request, Scope.OPERATE), number)
    data = body.data if body else None
    if data is not None:
        submission.refuse_internal([letter.type])
    return waiting.answer(request, response, dead_letters.replay(letter, data))


@router.post("/dead-letters/replay", response=ManyOut, by_alias=True)
def replay_many(request: HttpRequest, body: ManyIn) -> Any:
    """Replay what matches and has not been replayed. `dryRun`, the default, answers the count and a sample and does nothing."""
    rows = queries.search(require(request, Scope.OPERATE), reason=body.reason, type=body.type, queue=body.queue)
    rows = rows.filter(replayed_at=None, payload__isnull=False)
    sample, count = [_out(letter) for letter in rows[:SAMPLE]], rows.count()
    if not body.dry_run:
        count = dead_letters.replay_many(rows)
    return {"count": count, "sample": sample, "dry_run": body.dry_run}


@router.delete("/dead-letters", response=Purged, by_alias=True)
def purge(request: HttpRequest, chosen: Query[Filter]) -> Any:
    """Delete what matches; the jobs stay."""
    return {"count": dead_letters.purge(queries.search(require(request, Scope.OPERATE), **chosen.dict()))}


def _reader(request: HttpRequest) -> Tenant:
    """A key that may read, or one of the staff. Raises NotAllowed."""
    tenant = require(request, Scope.READ)
    if request.user.is_authenticated and not has(request.user, Role.VIEWER):
        raise NotAllowed("Dead letters are for the staff.")
    return tenant


def _seen(request: HttpRequest, letter: DeadLetter) -> dict[str, Any]:
    """The letter; for a viewer without what it carries."""
    opens = not request.user.is_authenticated or has(request.user, Role.OPERATOR)
    return _out(letter) if opens else _out(letter) | {"data": None, "error": bare_error(letter.error), "history": _bare(letter.history)}


def _bare(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [attempt | {"error": bare_error(attempt.get("error"))} for attempt in history]


def _out(letter: DeadLetter) -> dict[str, Any]:
    names = ("id", "type", "queue", "reason", "job_id", "error", "history", "died_at")
    return {name: getattr(letter, name) for name in names} | {"data": letter.payload, "replayed_as": letter.replayed_as_id}
