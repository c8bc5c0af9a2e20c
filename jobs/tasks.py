"""The platform's own jobs."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings

from jobs.declare import Backoff, JobContext, Payload, job
from jobs.services import deliveries, sending, webhook_mail, webhooks


class Nothing(Payload):
    number: int = 0


@job("platform.nothing")
def nothing(ctx: JobContext, payload: Nothing) -> int:
    """Do nothing: to try an installation, or to measure it."""
    return payload.number


class Delivery(Payload):
    delivery: int


@job(
    deliveries.DELIVER,
    queue=settings.WEBHOOK_QUEUE,
    # The request has a time of its own; this is for the database around it.
    timeout=settings.WEBHOOK_TIMEOUT + timedelta(seconds=30),
    retry=Backoff(max_attempts=5),
    internal=True,
)
def deliver_webhook(ctx: JobContext, payload: Delivery) -> str:
    """Send one delivery of a webhook, once."""
    return sending.deliver(payload.delivery, UUID(ctx.id))


class Notice(Payload):
    webhook: UUID


@job(webhooks.NOTICE, retry=Backoff(max_attempts=5, first=timedelta(seconds=10), ceiling=timedelta(minutes=10)), internal=True)
def tell_of_disabled_webhook(ctx: JobContext, payload: Notice) -> int:
    """Write to those who look after a webhook that it was disabled."""
    return webhook_mail.tell_disabled(payload.webhook)
