"""What an entry of the journal happened in, so that what follows it belongs to the same trace."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from jobs.core.events import JobEvent
from jobs.infra.journal import Entry
from jobs.infra.tracing import traces
from jobs.models import Job

JOB_EVENTS = frozenset(JobEvent)


def traced(entries: Sequence[Entry]) -> list[Entry]:
    """The same; an entry about a job that bears no trace itself gets its job's. Nothing is asked where traces are off."""
    silent = {UUID(e.subject) for e in entries if _of_silent_job(e)} if traces().on else set()
    known = dict(Job.objects.filter(pk__in=silent).exclude(trace="").values_list("pk", "trace")) if silent else {}
    return [replace(e, trace=known[UUID(e.subject)]) if _of_silent_job(e) and UUID(e.subject) in known else e for e in entries]


def _of_silent_job(entry: Entry) -> bool:
    return not entry.trace and entry.name in JOB_EVENTS and not entry.data.get("plain")
