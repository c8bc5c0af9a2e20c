"""Webhooks of a tenant: made, changed, paused, tried; their deliveries sent again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jobs.core import webhook_events
from jobs.core.breaker import Circuit
from jobs.core.errors import Conflict, InvalidFilter, InvalidInput, InvalidState, NotFound
from jobs.core.event_type import cloud_event
from jobs.core.patterns import any_of
from jobs.models import Delivery, Tenant, Webhook
from jobs.models.webhook import DeliveryQuerySet
from jobs.services import audit, deliveries, endpoints, events, submission
from jobs.services.submission import Order

log = structlog.get_logger(__name__)
MOST_ENDPOINTS, MOST_PATTERNS = 100, 50
OVERLAP, LONGEST_OVERLAP = timedelta(hours=24), timedelta(days=30)
NOTICE = "webhooks.notice"
# Of one endpoint sent again by one wish: who has more wishes again.
MOST_AGAIN = 10_000


@transaction.atomic
def create(
    tenant: Tenant,
    url: str,
    patterns: Sequence[str],
    *,
    description: str = "",
    ordered: bool = False,
    secret: str = "",
    by: Any = None,
) -> tuple[Webhook, str]:
    """A new endpoint and its secret, which is told this once. Raises InvalidInput naming the field."""
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
    if Webhook.objects.of(tenant).filter(callback=False).count() >= MOST_ENDPOINTS:
        raise Conflict(f"A tenant has at most {MOST_ENDPOINTS} webhooks.")
    webhook = Webhook(tenant=tenant, created_by=by, since=endpoints.here())
    _set(webhook, url=url, patterns=patterns, description=description, ordered=ordered)
    webhook.save()
    _kept("create", webhook, url=webhook.address, patterns=webhook.patterns)
    return webhook, endpoints.add_secret(webhook, secret)


@transaction.atomic
def change(webhook: Webhook, **fields: Any) -> Webhook:
    """Change url, patterns, description or ordered. Raises InvalidInput naming the field."""
    locked = _locked(webhook)
    if locked.callback and fields.keys() - {"description"}:
        raise InvalidState("The endpoint of callbacks is made by the jobs that ask for them; only its description can be changed.")
    _set(locked, **fields)
    locked.save()
    _kept("change", locked, changed=sorted(fields), url=locked.address, patterns=locked.patterns)
    return locked


def _set(webhook: Webhook, **fields: Any) -> None:
    if "url" in fields:
        webhook.url = endpoints.accept_url(fields["url"])
    if "patterns" in fields:
        webhook.patterns = _patterns(fields["patterns"])
    if "description" in fields:
        webhook.description = _line(fields["description"], 200)
    webhook.ordered = fields.get("ordered", webhook.ordered)


def _line(text: str, most: int) -> str:
    """Words of a person as a line that PostgreSQL keeps: it knows no NUL, and nothing that UTF-8 can't write."""
    return " ".join(text.replace("\x00", "").encode("utf-8", "ignore").decode().split())[:most]


def _patterns(patterns: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(pattern.strip() for pattern in patterns if pattern.strip()))
    wrong = f"is 1 to {MOST_PATTERNS} patterns of at most 100 characters, like stock.**"
    if not 1 <= len(found) <= MOST_PATTERNS or any(len(pattern) > 100 for pattern in found):
        raise InvalidInput(f"What is subscribed to {wrong}.", {"patterns": wrong})
    try:
        any_of(tuple(found))
    except InvalidFilter as error:
        raise InvalidInput(str(error), {"patterns": str(error)}) from None
    return found


@transaction.atomic
def rotate(webhook: Webhook, overlap: timedelta = OVERLAP, secret: str = "") -> str:
    """A new secret, told this once. For the time of the overlap, and no longer, those before it sign too. Raises InvalidInput."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise InvalidInput(f"The overlap is up to {LONGEST_OVERLAP.days} days.", {"overlapHours": "is from 0 to 720"})
    locked, end = _locked(webhook), timezone.now() + overlap
    # Also what is left of an earlier overlap: whoever rotates without one has lost a secret, and does not know which.
    locked.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=end)).update(expires_at=end)
    _kept("rotate", locked, overlap_hours=overlap / timedelta(hours=1))
    return endpoints.add_secret(locked, secret)


@transaction.atomic
def pause(webhook: Webhook, why: str = "") -> Webhook:
    """Nothing is sent until it is resumed; what happens meanwhile is kept for it. Raises InvalidState."""
    locked = _locked(webhook)
    if locked.state != Webhook.State.ACTIVE:
        raise InvalidState(f"This webhook is {locked.state} already.")
    _turn(locked, Webhook.State.PAUSED, webhook_events.PAUSED, why)
    _kept("pause", locked, why=locked.why)
    return locked


@transaction.atomic
def resume(webhook: Webhook, skip: bool = False) -> Webhook:
    """Send again, first what was kept meanwhile; with `skip` that counts as failed. Raises InvalidState."""
    locked, now = _locked(webhook), timezone.now()
    if locked.state == Webhook.State.ACTIVE:
        raise InvalidState("This webhook is active already.")
    if skip:
        locked.deliveries.parked().update(state=Delivery.State.FAILED, finished_at=now)
    locked.circuit, locked.canary, locked.failing_since = Circuit(), None, None
    _turn(locked, Webhook.State.ACTIVE, webhook_events.RESUMED, "")
    _kept("resume", locked, skip=skip)
    deliveries.dispatch(locked, now)
    return locked


def disable(webhook: Webhook, why: str) -> None:
    """Switch the locked endpoint off, and tell its owners: an event, and mail."""
    _turn(webhook, Webhook.State.DISABLED, webhook_events.DISABLED, why)
    submission.submit(Order(NOTICE, {"webhook": str(webhook.pk)}), webhook.tenant)


def _turn(webhook: Webhook, state: Webhook.State, event: str, why: str) -> None:
    webhook.state, webhook.why = state, _line(why, 300)
    webhook.save()
    events.publish(event, {"url": webhook.address, "why": webhook.why}, subject=str(webhook.pk), tenant=webhook.tenant)
    log.info(event, webhook=str(webhook.pk), why=webhook.why)


@transaction.atomic
def remove(webhook: Webhook) -> None:
    """It and its log are gone; what is on its way finds nothing to do."""
    # The whole row at once: taking less first and more for the deletion could cross with who makes deliveries.
    for row in Webhook.objects.select_for_update(of=("self",)).select_related("tenant").filter(pk=webhook.pk):
        _kept("remove", row, url=row.address)
        row.delete()


@transaction.atomic
def test(webhook: Webhook) -> Delivery:
    """Send a test event, once, whatever the state of the endpoint."""
    locked, id = _locked(webhook), f"test-{uuid4().hex}"
    data = webhook_events.WebhookTest().model_dump()
    event = cloud_event(
        id, webhook_events.TEST, str(locked.pk), locked.tenant.slug, timezone.now().isoformat(timespec="milliseconds"), data
    )
    delivery = Delivery.objects.create(
        webhook=locked, event=id, name=webhook_events.TEST, subject=str(locked.pk), body=orjson.dumps(event).decode()
    )
    _kept("test", locked, delivery=delivery.pk)
    deliveries.send(locked, [delivery])
    return delivery


@transaction.atomic
def redeliver(delivery: Delivery) -> Delivery:
    """Send it again, with the same id and all its tries anew. Raises InvalidState while it is under way."""
    webhook, fresh = _locked(delivery.webhook), Delivery.objects.get(pk=delivery.pk)
    if fresh.state == Delivery.State.PENDING:
        raise InvalidState("This delivery has not ended yet.")
    _anew(Delivery.objects.filter(pk=fresh.pk))
    _kept("redeliver", webhook, delivery=fresh.pk)
    fresh.refresh_from_db()
    if fresh.is_test:
        deliveries.send(webhook, [fresh])
    else:
        deliveries.dispatch(webhook, timezone.now())
        fresh.refresh_from_db()
    return fresh


def redeliver_failed(failed: DeliveryQuerySet) -> int:
    """Send again those of them that still have failed, of each endpoint the oldest `MOST_AGAIN`; answers how many."""
    endpoints = list(failed.order_by().values_list("webhook", flat=True).distinct())
    return sum(_redeliver_failed(failed.filter(webhook=pk), Webhook(pk=pk)) for pk in endpoints)


@transaction.atomic
def _redeliver_failed(failed: DeliveryQuerySet, webhook: Webhook) -> int:
    locked = _locked(webhook)
    oldest = failed.filter(state=Delivery.State.FAILED).order_by("pk").values("pk")[:MOST_AGAIN]
    count = _anew(Delivery.objects.filter(pk__in=oldest))
    _kept("redeliver_failed", locked, count=count)
    deliveries.dispatch(locked, timezone.now())
    return count


def _anew(rows: DeliveryQuerySet) -> int:
    return rows.update(state=Delivery.State.PENDING, job=None, tries=0, due_at=timezone.now(), finished_at=None)


def _kept(act: str, webhook: Webhook, **detail: Any) -> None:
    audit.record(f"webhook.{act}", f"webhook:{webhook.pk}", tenant=webhook.tenant, **detail)


def _locked(webhook: Webhook) -> Webhook:
    locked = deliveries.locked(webhook.pk)
    if locked is None:
        raise NotFound(f"There is no webhook {webhook.pk}.")
    return locked
