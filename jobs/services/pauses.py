"""Pausing and resuming queues, job types, tenants and tags."""

from django.db import transaction

from jobs.core.errors import InvalidInput, NotFound
from jobs.core.job_type import QUEUES, registry
from jobs.core.patterns import matcher
from jobs.infra import broker
from jobs.models import Pause, Tenant
from jobs.services import rules

Kind = Pause.Kind


@transaction.atomic
def pause(kind: str, name: str, by: str, why: str = "") -> None:
    """What has not started waits until it is resumed; what runs goes on. Again changes the reason. Raises NotFound, InvalidInput."""
    _check(kind, name)
    why = why[:200]
    Pause.objects.update_or_create(kind=kind, name=name, defaults={"by": by, "why": why})
    if kind == Kind.QUEUE:
        transaction.on_commit(lambda: broker.pause(name, by, why))
    rules.changed(f"{kind}.pause", f"{kind}:{name}", by, why=why)


@transaction.atomic
def resume(kind: str, name: str, by: str) -> None:
    """Let it go on; nothing happens when it was not paused. Raises NotFound, InvalidInput."""
    paused = Pause.objects.filter(kind=kind, name=name).delete()[0]
    if not paused:
        _check(kind, name)
    if kind == Kind.QUEUE:
        transaction.on_commit(lambda: broker.resume(name))
    if paused:
        rules.changed(f"{kind}.resume", f"{kind}:{name}", by)


def _check(kind: str, name: str) -> None:
    if kind == Kind.QUEUE and name not in QUEUES:
        raise NotFound(f"There is no queue {name!r}; there are {', '.join(QUEUES)}.")
    if kind == Kind.TYPE and not any(map(matcher(name), (job_type.name for job_type in registry))):
        raise NotFound(f"There is no job type {name!r}.")
    if kind == Kind.TENANT and not Tenant.objects.filter(slug=name).exists():
        raise NotFound(f"There is no tenant {name!r}.")
    if kind == Kind.TAG and not 1 <= len(name) <= 60:
        raise InvalidInput("A tag has 1 to 60 characters.")
    if kind not in (Kind.QUEUE, Kind.TYPE, Kind.TENANT, Kind.TAG):
        raise InvalidInput(f"Queues, types, tenants and tags can be paused; not {kind!r}.")
