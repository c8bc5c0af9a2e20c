"""Webhooks: each event that fits an endpoint, and each end of a job that asked for it, becomes a delivery, once."""

from django.db import transaction

from jobs.models import Projection, Webhook
from jobs.queries import events
from jobs.queries.traces import traced
from jobs.services import deliveries

NAME = "webhooks"


@transaction.atomic
def follow() -> int:
    """Make the deliveries of the next events; answers how many events were looked at. Its place moves with their rows."""
    projection, _ = Projection.objects.select_for_update().get_or_create(name=NAME)
    # Read before the look at the endpoints: one that is made meanwhile hears of what comes after this place.
    newest = events.now()
    if not Webhook.objects.exists():
        _move(projection, newest)
        return 0
    entries = traced(events.read(projection.position))
    if entries:
        deliveries.accept(entries)
        _move(projection, entries[-1].id)
    return len(entries)


def _move(projection: Projection, to: str) -> None:
    if projection.position != to:
        projection.position = to
        projection.save()
