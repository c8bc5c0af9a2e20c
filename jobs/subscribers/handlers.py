"""Handlers of events (`@on`): each event that fits becomes a job of the handler's, once."""

from typing import Any

from django.db import transaction

from jobs.core.event_type import Handler, handlers
from jobs.core.events import JobEvent
from jobs.infra.journal import Entry
from jobs.models import Job, Projection, Tenant
from jobs.queries import events
from jobs.queries.traces import traced
from jobs.services import submission
from jobs.services.submission import Order

NAME = "handlers"


@transaction.atomic
def follow() -> int:
    """Submit the jobs for the next events; answers how many events were looked at. Its place moves with the jobs' rows."""
    projection, _ = Projection.objects.select_for_update().get_or_create(name=NAME)
    entries = traced(events.read(projection.position))
    if not entries:
        return 0
    wanted = [(entry, handler) for entry in entries for handler in handlers.values() if handler.wants(entry.name)]
    own = _of_handlers([entry for entry, _ in wanted])
    tenants = {tenant.slug: tenant for tenant in Tenant.objects.filter(slug__in={entry.tenant for entry, _ in wanted})}
    for slug, tenant in tenants.items():
        submission.submit_many([_order(e, handler) for e, handler in wanted if e.tenant == slug and e.subject not in own], tenant)
    projection.position = entries[-1].id
    projection.save()
    return len(entries)


def _of_handlers(entries: list[Entry]) -> set[str]:
    """Subjects that are handlers' own jobs: what is told of those is not handled, or it would never end."""
    jobs = [entry.subject for entry in entries if entry.name in set(JobEvent) and not entry.data.get("plain")]
    rows = Job.objects.filter(pk__in=jobs, type__in=list(handlers)) if jobs else Job.objects.none()
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def _order(entry: Entry, handler: Handler) -> Order:
    data: dict[str, Any] = {"id": entry.id, "name": entry.name, "subject": entry.subject, "tenant": entry.tenant}
    data |= {"at": entry.at.isoformat(), "data": entry.data}
    tags = (f"of:{entry.subject}"[:60],) if handler.ordered and entry.subject else ()
    return Order(handler.job_type, data, key=entry.id, tags=tags, trace=entry.trace)
