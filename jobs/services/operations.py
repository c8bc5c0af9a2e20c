"""What keeps the platform right while nobody looks: promotion, reconciliation, trimming. Every act may run twice."""

from datetime import timedelta
from itertools import groupby
from operator import attrgetter

from django.conf import settings
from django.utils import timezone

from jobs.core.job_type import QUEUES
from jobs.core.positions import entry_id
from jobs.core.states import State
from jobs.core.tally import RECONCILED
from jobs.infra import broker, control, journal, state
from jobs.models import Job, Projection, Tally
from jobs.services import submission

BATCH = 1000
SETTLE = timedelta(seconds=10)
# A message is missed when nobody has had it for so long.
MISSED = timedelta(minutes=1)
KEEP = timedelta(hours=24)
KEEP_WHEN_FULL = timedelta(minutes=1)
# A job that was asked to stop and does not look is killed after this long.
GRACE = timedelta(seconds=10)


def promote() -> int:
    """Messages that have become due go to their queues."""
    return broker.promote()


def publish_due() -> int:
    """Jobs scheduled far ahead go to the broker once they are near."""
    near = timezone.now() + submission.HORIZON
    jobs = Job.objects.filter(state=State.SCHEDULED, run_at__lte=near).select_related("tenant")[:BATCH]
    return submission.publish(list(jobs))


def reconcile() -> int:
    """Jobs that PostgreSQL knows as open and Redis does not know at all are published again; answers how many."""
    published, last = 0, None
    while jobs := _open_after(last):
        known = state.read([str(job.pk) for job in jobs])
        published += _publish_again([job for job in jobs if str(job.pk) not in known])
        last = jobs[-1].pk
    return published


def restore_messages() -> int:
    """Jobs that are queued, though their queue is empty and no worker holds them, are published again; answers how many.

    Somebody took their messages out of Redis and left what it knows of the jobs: `celery purge`, or a stock worker.
    """
    empty = [queue for queue, depth in broker.depths(QUEUES).items() if not depth]
    rows = Job.objects.filter(state=State.QUEUED, queue__in=empty, plain=False, submitted_at__lt=timezone.now() - MISSED)
    if not (jobs := list(rows.select_related("tenant")[:BATCH])):
        return 0
    # In this order: what is taken meanwhile is known to run. What is published in vain is dropped by its claim.
    held = broker.held_ids()
    known = state.read([str(job.pk) for job in jobs])
    queued = {id for id, hot in known.items() if hot.state is State.QUEUED} - held
    return _publish_again([job for job in jobs if str(job.pk) in queued], force=True)


def _publish_again(jobs: list[Job], *, force: bool = False) -> int:
    """Counted by type, for the metrics: many of them tell of a Redis that forgets."""
    published, kind = 0, attrgetter("type", "queue")
    for (type, queue), same in groupby(sorted(jobs, key=kind), key=kind):
        if count := submission.publish(list(same), force=force):
            Tally.objects.add(type, queue, RECONCILED, count)
            published += count
    return published


def _open_after(last: object) -> list[Job]:
    rows = Job.objects.open().filter(plain=False, submitted_at__lt=timezone.now() - SETTLE).select_related("tenant")
    return list((rows.filter(pk__gt=last) if last else rows).order_by("pk")[:BATCH])


def kill_overdue() -> int:
    """Jobs that go on after they were asked to stop are killed; answers how many."""
    overdue = Job.objects.filter(state=State.RUNNING, cancel_requested_at__lt=timezone.now() - GRACE)[:BATCH]
    ids = [str(job.pk) for job in overdue]
    if ids:
        control.kill(ids)
    return len(ids)


def trim() -> int:
    """The journal forgets what everyone who follows it has read and what is old; answers how many entries.

    With too many entries young ones are old as well: readers find them in the archive.
    """
    places = _places()
    keep = KEEP if journal.length() <= settings.EVENT_JOURNAL_ENTRIES else KEEP_WHEN_FULL
    old = f"{broker.milliseconds(timezone.now() - keep)}-0"
    return journal.trim(min(*places, old, key=_order)) if places else 0


def lift() -> int:
    """After Redis lost the journal no event has a place before one that somebody was given; answers how many got another."""
    return journal.lift(max(places, key=_order)) if (places := _places()) else 0


def _places() -> list[str]:
    return [entry_id(place) for place in Projection.objects.values_list("position", flat=True)]


def _order(id: str) -> tuple[int, ...]:
    return tuple(map(int, id.split("-")))
