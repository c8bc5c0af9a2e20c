"""Reading events in the order of the journal: from the archive as far as Redis has forgotten, then from Redis."""

import time
from collections.abc import Iterator

from jobs.core.patterns import matcher
from jobs.core.positions import START, accepted, entry_id, padded
from jobs.infra import journal
from jobs.infra.journal import Entry
from jobs.models import Event, Job, Tenant

PAGE = 500
PAUSE = 0.2


def read(after: str, limit: int = PAGE, *, tenant: str = "", subject: str = "") -> list[Entry]:
    """Up to `limit` entries after that place, gap-free; empty at the end. `0-0` is the beginning of what is kept.

    The archive leaves out what is not of that tenant or subject, for it has an index of them; Redis does not.
    """
    found = journal.read(after, limit)
    # Asked afterwards: what the journal forgets between the two is then seen to be missing.
    first = journal.first_id()
    return found if first and padded(after) >= padded(first) else _archived(padded(after), first, limit, tenant, subject) or found


def _archived(after: str, before: str | None, limit: int, tenant: str, subject: str) -> list[Entry]:
    """Before that entry; up to the end where Redis has none, for it has lost what it had."""
    of = {name: value for name, value in (("tenant", tenant), ("subject", subject)) if value}
    rows = Event.objects.filter(position__gt=after, **of).order_by("position")
    rows = (rows.filter(position__lt=padded(before)) if before else rows)[:limit]
    return [Entry(entry_id(row.position), row.name, row.subject, row.tenant, row.data) for row in rows]


def now() -> str:
    """The place of the newest event, from which one hears what comes. A Redis that has lost all of them has not lost the place."""
    newest = journal.last_id()
    if newest != START:
        return newest
    kept = Event.objects.order_by("-position").values_list("position", flat=True).first()
    return entry_id(kept) if kept else START


def subscribe(pattern: str, after: str | None = None, tenant: Tenant | None = None, patience: float | None = None) -> Iterator[Entry]:
    """The events that fit the pattern, as they come; from now on, or after that place. Ends after so many seconds of silence.

    Raises InvalidFilter, InvalidInput.
    """
    wanted, place = matcher(pattern), now() if after is None else accepted(after)
    silent_since = time.monotonic()
    while patience is None or time.monotonic() - silent_since < patience:
        found = read(place, tenant=tenant.slug if tenant else "")
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
