"""Reading webhooks and their deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from jobs.core.breaker import Phase
from jobs.core.errors import InvalidFilter, NotFound
from jobs.core.webhook_events import TEST
from jobs.models import Delivery, Tenant, Webhook
from jobs.models.webhook import DeliveryQuerySet, WebhookQuerySet

MOST = 100
# How many of the newest deliveries say how an endpoint does.
LATELY = 100

ENDED_LATELY = """
SELECT w.id, count(*) FILTER (WHERE d.state = 'succeeded'), count(*) FILTER (WHERE d.state = 'failed')
FROM unnest(%s::uuid[]) AS w(id)
LEFT JOIN LATERAL (SELECT state FROM jobs_delivery WHERE webhook_id = w.id ORDER BY id DESC LIMIT %s) AS d ON true GROUP BY 1"""


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
    return healths([webhook])[webhook.pk]


def healths(webhooks: Sequence[Webhook]) -> dict[UUID, Health]:
    """How each of them does, by its id; two questions, however many they are."""
    ids, now = [webhook.pk for webhook in webhooks], timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(ENDED_LATELY, [ids, LATELY])
        ended = {pk: (succeeded, failed) for pk, succeeded, failed in cursor.fetchall()}
    waiting = Delivery.objects.filter(webhook__in=ids, state=Delivery.State.PENDING).order_by().values_list("webhook")
    pending = dict(waiting.annotate(n=Count("pk")))
    return {w.pk: Health(*ended[w.pk], pending.get(w.pk, 0), w.circuit.phase(now)) for w in webhooks}


def old_secret_until(webhook: Webhook) -> datetime | None:
    """Until when a secret of before signs too, if one does."""
    return webhook.secrets.filter(expires_at__gt=timezone.now()).order_by("-expires_at").values_list("expires_at", flat=True).first()


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
