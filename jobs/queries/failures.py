"""Reading failures that are one and the same."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from jobs.core.errors import InvalidFilter, NotFound
from jobs.models import Failure, Job, Tenant

MOST = 100
STATES = ("open", "new", "known", "regressed", "resolved")


def search(state: str = "open", type: str = "", tenant: Tenant | None = None) -> QuerySet[Failure]:
    """The last seen first, of the whole installation or those that a tenant's jobs had. Raises InvalidFilter."""
    if state and state not in STATES:
        raise InvalidFilter(f"There is no state {state!r}; there are {', '.join(STATES)}.")
    rows = _of(tenant).filter(_in_state(state)) if state else _of(tenant)
    return (rows.filter(type=type) if type else rows).order_by("-last_seen")


def _of(tenant: Tenant | None) -> QuerySet[Failure]:
    theirs = Exists(Job.objects.filter(tenant=tenant, failure=OuterRef("pk")))
    return Failure.objects.filter(theirs) if tenant else Failure.objects.all()


def _in_state(state: str) -> Q:
    is_open, fresh = Q(resolved_at=None), Q(first_seen__gt=timezone.now() - Failure.NEW)
    return {
        "open": is_open,
        "new": is_open & Q(regressed_at=None) & fresh,
        "known": is_open & Q(regressed_at=None) & ~fresh,
        "regressed": is_open & ~Q(regressed_at=None),
        "resolved": ~is_open,
    }[state]


def get(id: str, tenant: Tenant | None = None) -> Failure:
    """Raises NotFound."""
    failure = _of(tenant).select_related("canary").filter(pk=id).first()
    if failure is None:
        raise NotFound(f"There is no failure {id!r}.")
    return failure


def newest(failure: Failure, limit: int = 10) -> list[Job]:
    """The jobs whose last failure it is."""
    return list(Job.objects.filter(failure=failure.pk).select_related("tenant").order_by("-pk")[:limit])
