"""Publishing events: a row in the caller's transaction, the journal on commit. Never for a rollback, never lost after a commit.

The row stays until the archive has the event. So what Redis loses in between is sent again; it gets another place.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
import redis
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from jobs.core.errors import TooLarge, TooMany
from jobs.core.event_type import MOST_BYTES, event_types, own_channel
from jobs.core.positions import START, padded
from jobs.infra import journal
from jobs.infra.tracing import traces
from jobs.models import Event, Outgoing, Projection, Tenant
from jobs.models.tenant import DEFAULT_TENANT

log = structlog.get_logger(__name__)
CHUNK = 500
# Held by whoever sends, so that the rows leave in their order.
SENDING = 0x6F7574
PLACED = """
UPDATE jobs_outgoing SET position = p.position FROM unnest(%s::bigint[], %s::text[]) AS p(id, position) WHERE jobs_outgoing.id = p.id"""


def publish(name: str, data: Mapping[str, Any], *, subject: str = "", tenant: Tenant | None = None) -> None:
    """Publish a declared event on commit. Raises InvalidEvent, TooLarge."""
    publish_many(name, [(subject, data)], tenant=tenant)


def publish_many(name: str, events: Iterable[tuple[str, Mapping[str, Any]]], *, tenant: Tenant | None = None) -> None:
    """Publish several (subject, data) of one declared event, in this order, on commit."""
    event_type = event_types.get(name)
    _keep(name, [(subject, event_type.accept(data)) for subject, data in events], tenant)


def publish_own(name: str, data: Mapping[str, Any], *, subject: str, tenant: Tenant) -> None:
    """Publish to a channel of the tenant's own. Raises InvalidEvent, TooLarge, TooMany."""
    _within_quota(tenant)
    _keep(own_channel(name), [(subject, dict(data))], tenant)


def _within_quota(tenant: Tenant) -> None:
    """Counted in Redis by the day; without Redis nobody is refused, since the outbox keeps what comes."""
    try:
        published = journal.published_today(tenant.slug)
    except redis.RedisError as error:
        log.warning("events.uncounted", why=str(error))
        return
    if published > settings.EVENTS_PER_TENANT_AND_DAY:
        raise TooMany(f"A tenant may publish {settings.EVENTS_PER_TENANT_AND_DAY:,} events a day.", _until_tomorrow())


def _until_tomorrow() -> timedelta:
    now = timezone.now()
    return (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0) - now


def _keep(name: str, events: Sequence[tuple[str, dict[str, Any]]], tenant: Tenant | None) -> None:
    tenant = tenant or Tenant.objects.get(slug=DEFAULT_TENANT)
    for _, data in events:
        if len(orjson.dumps(data)) > MOST_BYTES:
            raise TooLarge(f"The data of an event is at most {MOST_BYTES:,} bytes.")
    same = {"tenant": tenant, "name": name, "trace": traces().current()}
    Outgoing.objects.bulk_create([Outgoing(**same, subject=subject[:200], data=data) for subject, data in events])
    transaction.on_commit(_send_soon)


def _send_soon() -> None:
    try:
        send()
    except redis.RedisError as error:
        log.warning("events.unsent", why=str(error))


@transaction.atomic
def send() -> int:
    """Put committed events into the journal; answers how many. Who waits for another sender finds less to do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SENDING])
        rows = list(Outgoing.objects.select_related("tenant").filter(position="").order_by("id")[:CHUNK])
        if rows:
            places = journal.emit([(str(row.pk), row.name, row.subject, row.tenant.slug, row.data, row.trace) for row in rows])
            cursor.execute(PLACED, [[row.pk for row in rows], [padded(place) for place in places]])
    return len(rows)


def settle() -> int:
    """Forget what the archive has, and have sent again what Redis lost before; answers how many rows were looked at."""
    if not Outgoing.objects.filter(position__gt="").exists():
        return 0
    recorded = padded(Projection.objects.filter(name=Projection.RECORDER).values_list("position", flat=True).first() or START)
    # The recorder has come by, or the journal ends before it.
    passed = Q(position__gt="", position__lte=recorded) | Q(position__gt=padded(journal.last_id()))
    rows = {row.pk: row.position for row in Outgoing.objects.filter(passed).order_by("position")[:CHUNK]}
    archived = set(Event.objects.filter(position__in=rows.values()).values_list("position", flat=True))
    doubtful = [pk for pk, place in rows.items() if place not in archived]
    lost = {pk for pk, known in zip(doubtful, journal.emitted(map(str, doubtful)), strict=True) if not known}
    # What is not lost and yet not archived was lifted to another place (operations.lift), or has just been sent.
    done = [pk for pk, place in rows.items() if place in archived or (place <= recorded and pk not in lost)]
    Outgoing.objects.filter(pk__in=done).delete()
    if lost:
        log.warning("events.lost_by_redis", count=len(lost))
        Outgoing.objects.filter(pk__in=lost).update(position="")
    return len(done) + len(lost)
