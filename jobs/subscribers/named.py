"""Named subscribers: readers that remember their place."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from jobs.core.patterns import matcher
from jobs.core.positions import START, accepted
from jobs.infra.journal import Entry
from jobs.models import Subscriber, Tenant
from jobs.models.tenant import DEFAULT_TENANT
from jobs.queries import events


@contextmanager
def consume(name: str, pattern: str, tenant: Tenant | None = None, limit: int = 100, after: str = START) -> Iterator[list[Entry]]:
    """The next events for a named subscriber; none only when there are none. Leaving the block acknowledges them; an exception gives
    them again.

    A name that is new begins after that place. Others of the same name wait meanwhile, and what the block writes to the database is
    committed with its place. Raises InvalidFilter, InvalidInput.
    """
    tenant = tenant or Tenant.objects.get(slug=DEFAULT_TENANT)
    wanted = matcher(pattern)
    with transaction.atomic():
        new = {"position": accepted(after)}
        place, _ = Subscriber.objects.select_for_update().get_or_create(new, tenant=tenant, name=name)
        before, fitting = place.position, list[Entry]()
        while not fitting and (found := events.read(place.position, limit, tenant=tenant.slug)):
            fitting = [entry for entry in found if entry.tenant == tenant.slug and wanted(entry.name)]
            place.position = found[-1].id
        yield fitting
        if place.position != before:
            place.save()
