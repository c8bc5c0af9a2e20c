"""Webhooks: each event that fits an endpoint, and each end of a job that asked for it, becomes a delivery, once."""

from django.db import transaction

from jobs.models import Projection
from jobs.queries import events
from jobs.services import deliveries

NAME = "webhooks"


@transaction.atomic
def follow() -> int:
    """Make the deliveries of the next events; answers how many events were looked at. Its place moves with their rows."""
    projection, _ = Projection.objects.select_for_update().get_or_create(name=NAME)
    entries = events.after(projection.position)
    if not entries:
        return 0
    deliveries.accept(entries)
    projection.position = entries[-1].id
    projection.save()
    return len(entries)
