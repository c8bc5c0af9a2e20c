"""One try of one delivery: may it go now, the request, and what its outcome means for the delivery and its endpoint."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from jobs.core import redelivery, signing
from jobs.core.breaker import Circuit, Phase
from jobs.core.errors import InvalidInput
from jobs.infra import http
from jobs.infra.tracing import traces
from jobs.models import Delivery, DeliveryAttempt, Webhook
from jobs.services import deliveries, webhooks

NOTED = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`wish`: how long the receiver asks us to wait."""

    attempt: DeliveryAttempt
    wish: timedelta | None = None

    @property
    def gone(self) -> bool:
        return self.attempt.status == redelivery.GONE


def deliver(delivery_id: int, job_id: UUID) -> str:
    """Send it if it may go; answers in a word what became of it. Run again after a crash it sends again, with the same id."""
    delivery = Delivery.objects.select_related("webhook").filter(pk=delivery_id, state=Delivery.State.PENDING, job=job_id).first()
    if delivery is None:
        return "over"
    if not _may_go(delivery, timezone.now()):
        Delivery.objects.filter(pk=delivery.pk, job=job_id).update(job=None)
        return "parked"
    return record(delivery, job_id, request(delivery))


def _may_go(delivery: Delivery, now: datetime) -> bool:
    """Looked at again, for a delivery may have waited long in its queue."""
    webhook = delivery.webhook
    if delivery.is_test:
        return True
    phase = webhook.circuit.phase(now)
    canary = phase is Phase.HALF_OPEN and webhook.canary == delivery.pk
    return webhook.state == Webhook.State.ACTIVE and (phase is Phase.CLOSED or canary)


def request(delivery: Delivery) -> Outcome:
    """Send it now."""
    now, body = timezone.now(), delivery.body.encode()
    signed = signing.sign(delivery.webhook.secrets_at(now), delivery.message_id, int(now.timestamp()), body)
    with traces().posting(delivery.to) as trace:
        headers = {"Content-Type": "application/json", **signed, **trace}
        attempt = DeliveryAttempt(delivery=delivery, at=now, url=delivery.to, request_headers=headers)
        began = time.monotonic()
        outcome = _answered(attempt, body)
        attempt.milliseconds = round((time.monotonic() - began) * 1000)
        traces().replied(attempt.status, attempt.error)
    return outcome


def _answered(attempt: DeliveryAttempt, body: bytes) -> Outcome:
    try:
        answer = http.post(attempt.url, body, attempt.request_headers, settings.WEBHOOK_TIMEOUT)
    except (http.Unreached, InvalidInput) as error:
        attempt.error = str(error)[:600]
        return Outcome(attempt)
    attempt.status, attempt.response_headers, attempt.response_body = answer.status, answer.headers, answer.body
    attempt.truncated = answer.truncated
    return Outcome(attempt, redelivery.retry_after(answer.headers.get("retry-after", "")))


@transaction.atomic
def record(delivery: Delivery, job_id: UUID, outcome: Outcome) -> str:
    """Keep what happened, draw the consequences, and let go what may go now."""
    webhook = deliveries.locked(delivery.webhook_id)
    fresh = webhook and Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.PENDING, job=job_id).first()
    if not webhook or not fresh:
        # Another run of the same job has recorded already: that it was sent twice stays visible. Or all of it is deleted.
        if Delivery.objects.filter(pk=delivery.pk).exists():
            outcome.attempt.save()
        return "over"
    outcome.attempt.save()
    now = timezone.now()
    word = _succeeded(webhook, fresh, now) if outcome.attempt.ok else _failed(webhook, fresh, outcome, now)
    deliveries.dispatch(webhook, now)
    return word


def _succeeded(webhook: Webhook, delivery: Delivery, now: datetime) -> str:
    deliveries.end(delivery, Delivery.State.SUCCEEDED, now)
    if not delivery.is_test and _worth_noting(webhook, now):
        webhook.circuit, webhook.canary, webhook.failing_since, webhook.succeeded_at = Circuit(), None, None, now
        webhook.save()
    return "succeeded"


def _worth_noting(webhook: Webhook, now: datetime) -> bool:
    """One success after another need not be written into the one row that all of them share."""
    lately = webhook.succeeded_at and now - webhook.succeeded_at < NOTED
    return bool(not lately or webhook.failures or webhook.openings or webhook.failing_since)


def _failed(webhook: Webhook, delivery: Delivery, outcome: Outcome, now: datetime) -> str:
    if delivery.is_test or (webhook.callback and outcome.gone):
        # Of a callback one URL is gone; the others at its origin are none the worse.
        deliveries.end(delivery, Delivery.State.FAILED, now)
        return "failed"
    webhook.circuit, webhook.failing_since = deliveries.breaker().failed(webhook.circuit, now), webhook.failing_since or now
    webhook.canary = None if webhook.canary == delivery.pk else webhook.canary
    webhook.save()
    word = deliveries.put_off(delivery, now, outcome.wish)
    if webhook.state == Webhook.State.ACTIVE and (why := _reason_to_disable(webhook, outcome, now)):
        webhooks.disable(webhook, why)
    return word


def _reason_to_disable(webhook: Webhook, outcome: Outcome, now: datetime) -> str:
    if outcome.gone:
        return "The receiver answered 410 Gone."
    since = webhook.failing_since or now
    if now - since >= settings.WEBHOOK_DISABLE_AFTER:
        return f"Every try has failed since {since:%Y-%m-%d %H:%M} UTC; the last: {outcome.attempt}."[:300]
    return ""
