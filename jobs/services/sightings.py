"""Failures that are one and the same, counted in the transaction that writes the rows of their jobs."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from jobs.core.events import JobEvent
from jobs.infra.journal import Entry
from jobs.models import Failure

UPSERT = """
INSERT INTO jobs_failure (id, type, error, "where", message, first_seen, last_seen, attempts, dead, sample, resolved_by)
SELECT p.id, coalesce(job.type, left(p.type, 200)), left(p.error, 200), p."where", left(p.message, 2000), to_timestamp(p.first / 1000.0),
    to_timestamp(p.last / 1000.0), p.attempts, p.dead, p.sample, ''
FROM jsonb_to_recordset(%s::jsonb) AS p(id text, type text, error text, "where" text, message text, first float8, last float8, attempts int,
    dead int, sample uuid)
LEFT JOIN jobs_job AS job ON job.id = p.sample
ON CONFLICT (id) DO UPDATE SET message = excluded.message, last_seen = greatest(jobs_failure.last_seen, excluded.last_seen),
    attempts = jobs_failure.attempts + excluded.attempts, dead = jobs_failure.dead + excluded.dead, sample = excluded.sample,
    regressed_at = CASE WHEN excluded.last_seen > jobs_failure.resolved_at THEN excluded.last_seen ELSE jobs_failure.regressed_at END,
    resolved_at = CASE WHEN excluded.last_seen > jobs_failure.resolved_at THEN NULL ELSE jobs_failure.resolved_at END"""


def rows(entries: Iterable[Entry], row_id: Callable[[str], object]) -> list[dict[str, Any]]:
    """One row for UPSERT for each failure of which the entries tell, in one order always, so that nobody waits in a circle."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        error = entry.data.get("error") or {}
        told = error.get("failure") if entry.name in (JobEvent.RETRYING, JobEvent.DEAD) else None
        if not told:
            continue
        at = entry.data["at"]
        row = found.setdefault(told["id"], {"id": told["id"], "where": told["where"], "first": at, "attempts": 0, "dead": 0})
        row |= {"type": entry.data.get("type", ""), "error": error["type"], "message": error["message"][:2000].replace("\0", "")}
        row |= {"last": at, "sample": str(row_id(entry.subject))}
        row["attempts"] += 1
        row["dead"] += entry.name == JobEvent.DEAD
    return sorted(found.values(), key=lambda row: str(row["id"]))


def forget() -> int:
    """Failures not seen for as long as the archive of events goes back are forgotten; answers how many."""
    return Failure.objects.filter(last_seen__lt=timezone.now() - timedelta(days=settings.EVENT_ARCHIVE_DAYS)).delete()[0]
