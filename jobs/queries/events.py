"""Reading events in the order of the journal: from the archive as far as Redis has forgotten, then from Redis."""

import time
from collections.abc import Iterator

from jobs.core.patterns import matcher
from jobs.core.positions import entry_id, padded
from jobs.infra import journal
from jobs.infra.journal import Entry
from jobs.models import Event, Job, Tenant

PAGE = 500
PAUSE = 0.2


def after(id: str, limit: int = PAGE) -> list[Entry]:
    """Up to `limit` entries after that place, gap-free; empty at the end. `0-0` is the beginning of what is kept."""
    first = padded(journal.first_id())
    archived = _archived(padded(id), first, limit) if padded(id) < first else []
    return archived or journal.read(id, limit)


def _archived(after: str, before: str, limit: int) -> list[Entry]:
    rows = Event.objects.filter(position__gt=after, position__lt=before).order_by("position")[:limit]
    return [Entry(entry_id(row.position), row.name, row.subject, row.tenant, row.data) for row in rows]


def subscribe(pattern: str, after_id: str | None = None, tenant: Tenant | None = None, patience: float | None = None) -> Iterator[Entry]:
    """The events that fit the pattern, as they come; from now on, or after that place. Ends after so many seconds of silence."""
    wanted, place = matcher(pattern), journal.last_id() if after_id is None else after_id
    silent_since = time.monotonic()
    while patience is None or time.monotonic() - silent_since < patience:
        found = after(place)
        for entry in found:
            place = entry.id
            if wanted(entry.name) and (tenant is None or entry.tenant == tenant.slug):
                silent_since = time.monotonic()
                yield entry
        if not found:
            time.sleep(PAUSE)


def is_behind_another(job_id: str, job_type: str, subject: str) -> bool:
    """Has an earlier event of the subject a job of that type which has not ended?"""
    return Job.objects.open().filter(type=job_type, tags__contains=[f"of:{subject}"[:60]], pk__lt=job_id).exists()
