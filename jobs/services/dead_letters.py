"""Dead letters: kept as rows, replayed as new jobs, purged."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from django.db import transaction
from django.utils import timezone

from jobs.core.errors import InvalidInput, InvalidState
from jobs.core.states import Reason
from jobs.models import Attempt, DeadLetter, Job, Tenant
from jobs.models.dead_letter import DeadLetterQuerySet
from jobs.models.tenant import DEFAULT_TENANT
from jobs.services import audit, submission
from jobs.services.lifecycle import row_id

log = structlog.get_logger(__name__)


def keep(body: Any, headers: Mapping[str, Any], properties: Mapping[str, Any]) -> DeadLetter:
    """Keep a message of the queue `dead_letter` as a row; one delivered twice is kept once."""
    about = headers["x-dead-letter"]
    job = Job.objects.filter(pk=row_id(str(headers.get("id") or ""))).select_related("tenant").first()
    # The message's own tag, so that the same letter is known again; the task id and turn would join two real deaths of a plain task.
    reference = str(properties["delivery_tag"])
    letter, _ = DeadLetter.objects.get_or_create(
        reference=reference,
        defaults={
            "tenant": job.tenant if job else _tenant(headers),
            "job": job,
            "type": str(headers.get("task") or "")[:200],
            "queue": str(about.get("queue") or "")[:60],
            "reason": Reason(about["reason"]),
            "payload": _payload(body),
            "message": {"headers": _plain({k: v for k, v in headers.items() if k != "x-dead-letter"}), "body": _plain(body)},
            "error": about.get("error"),
            "history": _history(job) if job else [],
            "died_at": datetime.fromtimestamp(about["at"] / 1000, UTC),
        },
    )
    return letter


def _tenant(headers: Mapping[str, Any]) -> Tenant:
    slug = (headers.get("conveyor") or {}).get("tenant", DEFAULT_TENANT)
    return Tenant.objects.filter(slug=slug).first() or Tenant.objects.get(slug=DEFAULT_TENANT)


def _payload(body: Any) -> Any:
    """The payload of a job's message: its keyword arguments."""
    return body[1] if isinstance(body, list) and len(body) == 3 and isinstance(body[1], dict) else None


def _plain(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value, default=_text))


def _text(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _history(job: Job) -> list[dict[str, Any]]:
    tries = Attempt.objects.filter(job=job).order_by("turn")
    return [{"number": t.number, "state": t.state, "error": t.error, "at": t.finished_at and t.finished_at.isoformat()} for t in tries]


@transaction.atomic
def replay(letter: DeadLetter, data: Mapping[str, Any] | None = None, **origin: Any) -> Job:
    """Submit the dead job again, with other data if given, as a new job that names the old.

    Raises InvalidState for a letter replayed already or without a payload, UnknownJobType, InvalidPayload, and NotAllowed for other
    data of an internal type.
    """
    job = _again(letter, data, **origin)
    audit.record("dead_letter.replay", f"dead_letter:{letter.pk}", tenant=letter.tenant, job=str(job.pk), edited=data is not None)
    return job


@transaction.atomic
def _again(letter: DeadLetter, data: Mapping[str, Any] | None, **origin: Any) -> Job:
    letter = DeadLetter.objects.select_for_update().get(pk=letter.pk)
    if letter.replayed_at:
        raise InvalidState("This dead letter has been replayed already.")
    if data is None and letter.payload is None:
        raise InvalidState("This dead letter has no payload that could be submitted; give data.")
    submission.refuse_edit(letter.type, letter.payload, data)
    old = letter.job
    payload: Mapping[str, Any] = letter.payload or {} if data is None else data
    order = submission.Order(
        letter.type, payload, priority=old.priority if old else None, attempts=old.attempts if old else None, tags=old.tags if old else ()
    )
    job = submission.submit(order, letter.tenant, replay_of=old, **origin).job
    letter.replayed_at, letter.replayed_as = timezone.now(), job
    letter.save(update_fields=["replayed_at", "replayed_as"])
    return job


def replay_many(letters: DeadLetterQuerySet, **origin: Any) -> int:
    """Replay each letter that still can be; answers how many. One that no longer can, for its type or data, is passed over."""
    done = 0
    for letter in letters.iterator(chunk_size=500):
        try:
            _again(letter, None, **origin)
        except (InvalidState, InvalidInput) as error:
            log.warning("dead_letter.not_replayed", letter=letter.pk, why=str(error))
        else:
            done += 1
    audit.record("dead_letter.replay_many", count=done)
    return done


def purge(letters: DeadLetterQuerySet) -> int:
    """Delete the letters; answers how many. The jobs stay."""
    count = letters.delete()[0]
    audit.record("dead_letter.purge", count=count)
    return count
