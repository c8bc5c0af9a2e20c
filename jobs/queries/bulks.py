"""To which jobs something would be done, and what was done."""

import uuid
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from jobs.core.errors import InvalidInput, NotFound
from jobs.core.job_type import LEAST, MOST
from jobs.core.states import ENDED, OPEN, State
from jobs.models import Bulk, Job, Tenant
from jobs.models.bulk import JOB_TYPE
from jobs.models.job import JobQuerySet
from jobs.queries.search import search

SAMPLE = 10
Act = Bulk.Act


def matching(act: str, q: str, tenant: Tenant | None, priority: int | None = None, now: datetime | None = None) -> JobQuerySet:
    """The jobs that the words describe and to which it can be done. Raises InvalidInput, InvalidFilter."""
    if act not in Act.values:
        raise InvalidInput(f"What can be done to many jobs is {', '.join(Act.values)}; not {act!r}.", {"act": "is unknown"})
    if act == Act.REPRIORITISE and (priority is None or not LEAST <= priority <= MOST):
        raise InvalidInput(f"A priority is {LEAST} to {MOST}.", {"priority": f"is from {LEAST} to {MOST}"})
    return search(q, tenant, now=now).exclude(type=JOB_TYPE).filter(_can(act, priority))


def _can(act: str, priority: int | None) -> Q:
    waiting = Q(state__in=sorted(OPEN - {State.RUNNING}), plain=False)
    again = Job.objects.filter(replay_of=OuterRef("pk")).exclude(state=State.CANCELLED)
    can: dict[str, Q] = {
        # A second click finds nothing left to retry.
        Act.RETRY.value: Q(state__in=[State.DEAD, State.CANCELLED], plain=False) & Q(~Exists(again)),
        Act.CANCEL.value: Q(state__in=sorted(OPEN), cancel_requested_at=None, plain=False),
        Act.DELETE.value: Q(state__in=sorted(ENDED)),
        Act.REQUEUE.value: waiting,
        Act.REPRIORITISE.value: waiting & ~Q(priority=priority),
    }
    return can[act]


def of(bulk: Bulk) -> JobQuerySet:
    """The jobs that an operation has still to look at, in its order."""
    rows = matching(bulk.act, bulk.q, bulk.tenant, bulk.priority, bulk.created_at).filter(pk__lte=bulk.until)
    return (rows.filter(pk__gt=bulk.place) if bulk.place else rows).select_related("tenant").order_by("pk")


def get(number: uuid.UUID, tenant: Tenant | None = None) -> Bulk:
    """One operation, of the tenant or of any. Raises NotFound."""
    rows = Bulk.objects.filter(tenant=tenant) if tenant else Bulk.objects.all()
    bulk = rows.select_related("tenant", "job", "undoes", "undone_by").filter(pk=number).first()
    if bulk is None:
        raise NotFound(f"There is no operation {number}.")
    return bulk


def latest(tenant: Tenant | None = None, limit: int = 50) -> list[Bulk]:
    rows = Bulk.objects.filter(tenant=tenant) if tenant else Bulk.objects.all()
    return list(rows.select_related("tenant", "undone_by").order_by("-pk")[:limit])
