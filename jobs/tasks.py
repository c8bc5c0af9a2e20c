"""The platform's own jobs."""

import time
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from jobs.core.job_type import MOST
from jobs.declare import Backoff, Cancelled, JobContext, Payload, job
from jobs.models import Bulk
from jobs.models.bulk import JOB_TYPE
from jobs.queries import bulks as queries
from jobs.services import alerts, bulks, deliveries, sending, webhook_mail, webhooks


class Nothing(Payload):
    number: int = 0


@job("platform.nothing")
def nothing(ctx: JobContext, payload: Nothing) -> int:
    """Do nothing: to try an installation, or to measure it."""
    return payload.number


class BulkOperation(Payload):
    bulk: UUID


@job(JOB_TYPE, priority=MOST, timeout=timedelta(hours=12), retry=Backoff(max_attempts=5), internal=True)
def bulk(ctx: JobContext, payload: BulkOperation) -> dict[str, int | str]:
    """Do something to every job that a search found."""
    operation = _step(payload.bulk)
    while not operation.ended:
        began, before = time.monotonic(), operation.looked_at
        _tell(ctx, operation)
        operation = _step(payload.bulk)
        # At its pace: what a step did is what it may take time for.
        time.sleep(max(0.0, (operation.looked_at - before) / operation.rate - (time.monotonic() - began)))
    return {"state": operation.state, "done": operation.done, "refused": operation.refused}


def _step(number: UUID) -> Bulk:
    return bulks.step(number, queries.of)


def _tell(ctx: JobContext, operation: Bulk) -> None:
    try:
        ctx.progress(min(operation.looked_at, operation.total), operation.total, str(operation))
    except Cancelled:
        bulks.abort(operation.pk, "a wish to cancel its job")
        raise


class TellAlerts(Payload):
    rule: int


@job(alerts.JOB_TYPE, priority=MOST, retry=Backoff(max_attempts=5), internal=True)
def tell_alerts(ctx: JobContext, payload: TellAlerts) -> int:
    """Write a mail of alerts that began or are over."""
    return alerts.mail(payload.rule, ctx.id)


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
