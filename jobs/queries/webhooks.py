"""Reading webhooks and their deliveries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from jobs.core.breaker import Phase
from jobs.core.errors import InvalidFilter, NotFound
from jobs.core.webhook_events import TEST
from jobs.models import Delivery, Tenant, Webhook
from jobs.models.webhook import DeliveryQuerySet, WebhookQuerySet

MOST = 100
# How many of the newest deliveries say how an endpoint does.
LATELY = 100


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint does: of its newest deliveries, how many ended how; how many wait; and whether its breaker is open."""

    succeeded: int
    failed: int
    pending: int
    breaker: Phase


def get(tenant: Tenant, webhook_id: UUID) -> Webhook:
    """One endpoint of the tenant; raises NotFound."""
    webhook = Webhook.objects.of(tenant).select_related("tenant").filter(pk=webhook_id).first()
    if webhook is None:
        raise NotFound(f"There is no webhook {webhook_id}.")
    return webhook


def all_of(tenant: Tenant) -> WebhookQuerySet:
    """The newest first."""
    return Webhook.objects.of(tenant).select_related("tenant").order_by("-pk")


def page(rows: WebhookQuerySet, after: UUID | None, limit: int) -> tuple[list[Webhook], UUID | None]:
    """Some endpoints, and the cursor of the next page."""
    limit = max(1, min(limit, MOST))
    found = list((rows.filter(pk__lt=after) if after else rows)[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None


def health(webhook: Webhook) -> Health:
    newest = webhook.deliveries.order_by("-pk").values_list("pk", flat=True)[:LATELY]
    ended = Delivery.objects.filter(pk__in=list(newest)).aggregate(
        succeeded=Count("pk", filter=Q(state=Delivery.State.SUCCEEDED)), failed=Count("pk", filter=Q(state=Delivery.State.FAILED))
    )
    pending = webhook.deliveries.filter(state=Delivery.State.PENDING).count()
    return Health(ended["succeeded"], ended["failed"], pending, webhook.circuit.phase(timezone.now()))


def delivery(tenant: Tenant, number: int) -> Delivery:
    """One delivery of the tenant; raises NotFound."""
    found = Delivery.objects.of(tenant).select_related("webhook__tenant").filter(pk=number).first()
    if found is None:
        raise NotFound(f"There is no delivery {number}.")
    return found


def deliveries(
    tenant: Tenant,
    *,
    webhook: UUID | None = None,
    status: str = "",
    event: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> DeliveryQuerySet:
    """Deliveries of the tenant that match, the newest first. `event` is a name. Raises InvalidFilter, NotFound."""
    if status and status not in Delivery.State.values:
        raise InvalidFilter(f"There is no status {status!r}; there are {', '.join(Delivery.State.values)}.")
    if "\x00" in event:
        raise InvalidFilter("event is the name of an event.")
    if webhook:
        get(tenant, webhook)
    wanted = {"webhook": webhook, "state": status, "name": event, "created_at__gte": since, "created_at__lt": until}
    return Delivery.objects.of(tenant).filter(**{name: value for name, value in wanted.items() if value}).order_by("-pk")


def failed(tenant: Tenant, **chosen: Any) -> DeliveryQuerySet:
    """What failed, matches, and may be sent again all at once: all but tests."""
    return deliveries(tenant, status=Delivery.State.FAILED, **chosen).exclude(name=TEST)


def page_of_deliveries(rows: DeliveryQuerySet, after: int | None, limit: int) -> tuple[list[Delivery], int | None]:
    """Some deliveries with their endpoints, and the cursor of the next page."""
    limit = max(1, min(limit, MOST))
    found = list((rows.filter(pk__lt=after) if after else rows).select_related("webhook")[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None
