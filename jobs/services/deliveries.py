"""What is delivered to webhooks, and when: entries of the journal become deliveries, deliveries get their jobs.

A delivery is parked, in flight or ended. It is in flight with a job; for the next try it is parked again and gets another
job when its time has come. `dispatch` alone decides who leaves: it knows the pause, the breaker and the order of an
endpoint, and is called when one of them may have changed. Each try is one short job, so nothing waits in a worker.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from jobs.core.breaker import Breaker, Phase
from jobs.core.event_type import cloud_event, event_types
from jobs.core.events import LEADS_TO, JobEvent
from jobs.core.patterns import any_of
from jobs.core.redelivery import pause_after
from jobs.core.states import ENDED
from jobs.infra.journal import Entry
from jobs.models import Callback, Delivery, Job, Webhook, WebhookSecret
from jobs.services import submission
from jobs.services.lifecycle import row_id
from jobs.services.submission import Order

# How many deliveries of one endpoint may be on their way at once: a slow one takes no more of the workers than that.
MOST_IN_FLIGHT = 16
DELIVER = "webhooks.deliver"
# Jobs of webhooks are not told to webhooks: each telling would make another.
OURS = "webhooks."
# Progress is for who watches; there is no end to it.
UNTOLD = JobEvent.PROGRESSED
BATCH, FORGET = 1000, 20_000


def breaker() -> Breaker:
    return Breaker(cooldown=settings.WEBHOOK_COOLDOWN)


# From the journal


def accept(entries: Sequence[Entry]) -> int:
    """Make the deliveries of these entries, each once for an endpoint, and let go what may go; in the caller's transaction."""
    made = [*_heard(entries), *_called_back(entries)]
    Delivery.objects.bulk_create(made, ignore_conflicts=True, batch_size=500)
    for pk in sorted({delivery.webhook_id for delivery in made}):
        release(pk)
    return len(made)


def _heard(entries: Sequence[Entry]) -> list[Delivery]:
    told = [entry for entry in entries if entry.name != UNTOLD]
    webhooks = Webhook.objects.filter(tenant__slug__in={e.tenant for e in told}, callback=False).select_related("tenant")
    pairs = [(webhook, entry) for entry in told for webhook in webhooks if _wants(webhook, entry)]
    ours = _of_webhooks([entry for _, entry in pairs])
    return [_delivery(webhook, entry, entry.data) for webhook, entry in pairs if entry.subject not in ours]


def _wants(webhook: Webhook, entry: Entry) -> bool:
    """An endpoint hears of its tenant's events from its making on, never of itself, and nothing that is for operators alone."""
    return (
        webhook.tenant.slug == entry.tenant
        and not event_types.is_private(entry.name)
        and entry.position > webhook.since
        and entry.subject != str(webhook.pk)
        and any_of(tuple(webhook.patterns))(entry.name)
    )


def _of_webhooks(entries: Sequence[Entry]) -> set[str]:
    subjects = {str(row_id(entry.subject)): entry.subject for entry in entries if entry.name in set(JobEvent)}
    rows = Job.objects.filter(pk__in=subjects, type__startswith=OURS) if subjects else Job.objects.none()
    return {subjects[str(pk)] for pk in rows.values_list("pk", flat=True)}


def _called_back(entries: Sequence[Entry]) -> list[Delivery]:
    ends = {row_id(entry.subject): entry for entry in entries if _state_after(entry) in ENDED}
    rows = Callback.objects.filter(job__in=ends).select_related("webhook", "job") if ends else ()
    return [_delivery(row.webhook, ends[row.job_id], _end_of(row.job, ends[row.job_id]), row.url) for row in rows]


def _state_after(entry: Entry) -> Any:
    return LEADS_TO.get(JobEvent(entry.name)) if entry.name in set(JobEvent) else None


def _end_of(job: Job, entry: Entry) -> dict[str, Any]:
    same = {"jobId": str(job.pk), "type": job.type, "status": _state_after(entry), "tags": job.tags}
    return same | {name: entry.data.get(name) for name in ("attempt", "result", "error")}


def _delivery(webhook: Webhook, entry: Entry, data: Any, url: str = "") -> Delivery:
    at = entry.at.isoformat(timespec="milliseconds")
    body = orjson.dumps(cloud_event(entry.id, entry.name, entry.subject, entry.tenant, at, data)).decode()
    # Cut as the archive cuts them: a foreign client may give a task an id of any length, and one such event must not hold up the rest.
    name, subject = entry.name[:100], entry.subject[:200]
    return Delivery(webhook=webhook, event=entry.id, name=name, subject=subject, url=url, body=body, trace=entry.trace)


# To their jobs


def locked(pk: UUID, **options: Any) -> Webhook | None:
    """The endpoint, its row locked; None when it is gone, or held by another who is asked not to be waited for."""
    # Without the key: a long transaction that submits a job with a callback only refers to the row, and holds up nobody.
    return Webhook.objects.select_for_update(of=("self",), no_key=True, **options).select_related("tenant").filter(pk=pk).first()


@transaction.atomic
def release(pk: UUID, **options: Any) -> int:
    webhook = locked(pk, **options)
    return dispatch(webhook, timezone.now()) if webhook else 0


def dispatch(webhook: Webhook, now: datetime) -> int:
    """Give parked deliveries their jobs, as the state, the breaker and the order of the locked endpoint allow; answers how many."""
    phase = webhook.circuit.phase(now)
    if webhook.state != Webhook.State.ACTIVE or phase is Phase.OPEN:
        return 0
    chosen = _next(webhook, now, alone=phase is Phase.HALF_OPEN)
    if chosen and phase is Phase.HALF_OPEN:
        webhook.canary = chosen[0].pk
        webhook.save(update_fields=["canary"])
    send(webhook, chosen)
    return len(chosen)


def _next(webhook: Webhook, now: datetime, alone: bool) -> list[Delivery]:
    in_flight = webhook.deliveries.in_flight().count()
    parked = webhook.deliveries.parked().order_by("pk")
    if webhook.ordered:
        head = None if in_flight else parked.first()
        return [head] if head and head.due_at <= now else []
    if in_flight > (0 if alone else MOST_IN_FLIGHT // 2):
        # Filled up by halves: one statement for several.
        return []
    return list(parked.filter(due_at__lte=now)[: 1 if alone else MOST_IN_FLIGHT - in_flight])


def send(webhook: Webhook, deliveries: Sequence[Delivery]) -> None:
    """Give each of them a job now."""
    if not deliveries:
        return
    tags = (f"webhook:{webhook.pk}",)
    orders = [Order(DELIVER, {"delivery": delivery.pk}, tags=tags, trace=delivery.trace) for delivery in deliveries]
    for delivery, made in zip(deliveries, submission.submit_many(orders, webhook.tenant), strict=True):
        delivery.job = made.job
    Delivery.objects.bulk_update(deliveries, ["job"])


def end(delivery: Delivery, state: Delivery.State, now: datetime) -> None:
    delivery.state, delivery.finished_at, delivery.tries = state, now, delivery.tries + 1
    delivery.save(update_fields=["state", "finished_at", "tries"])


def put_off(delivery: Delivery, now: datetime, wish: timedelta | None = None) -> str:
    """After a try that failed: "retrying", parked until the next; or "failed", for it was the last."""
    pause = pause_after(delivery.tries + 1, settings.WEBHOOK_RETRIES, wish, random.random())
    if pause is None:
        end(delivery, Delivery.State.FAILED, now)
        return "failed"
    delivery.tries, delivery.due_at, delivery.job = delivery.tries + 1, now + pause, None
    delivery.save(update_fields=["tries", "due_at", "job"])
    return "retrying"


# By the clock


def dispatch_due() -> int:
    """Deliveries whose time has come, or whose endpoint's cooldown is over, leave; answers how many."""
    _take_back()
    now = timezone.now()
    due = Delivery.objects.parked().filter(webhook=OuterRef("pk"), due_at__lte=now)
    # From the endpoints' side, so that what is kept for a paused one is not looked through.
    open_ones = Webhook.objects.filter(state=Webhook.State.ACTIVE).exclude(open_until__gt=now)
    endpoints = open_ones.filter(Exists(due)).order_by().values_list("pk", flat=True)
    return sum(release(pk, skip_locked=True) for pk in list(endpoints))


@transaction.atomic
def _take_back() -> None:
    """The try of a delivery whose job ended without a word about it (its worker was lost too often) has failed."""
    lost = Delivery.objects.in_flight().filter(job__state__in=ENDED).select_for_update(of=("self",), skip_locked=True)
    for delivery in lost[:BATCH]:
        put_off(delivery, timezone.now())


def forget() -> int:
    """The log forgets what ended long ago, and what waits as long for an endpoint that is not active; answers how many.

    Old secrets go when they no longer count.
    """
    WebhookSecret.objects.filter(expires_at__lte=timezone.now()).delete()
    old = timezone.now() - settings.WEBHOOK_KEEP
    ended = Delivery.objects.exclude(state=Delivery.State.PENDING).filter(finished_at__lt=old)
    held = Delivery.objects.parked().filter(created_at__lt=old).exclude(webhook__state=Webhook.State.ACTIVE)
    ids = [*ended.values_list("pk", flat=True)[:FORGET], *held.values_list("pk", flat=True)[:FORGET]]
    Delivery.objects.filter(pk__in=ids).delete()
    return len(ids)
