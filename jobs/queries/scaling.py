"""What the queues need: arrivals, runs and backlog as the tallies and Redis know them."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.db.models import Min, Q, Sum
from django.utils import timezone

from jobs.core.job_type import QUEUES
from jobs.core.scaling import Demand, Need, need
from jobs.core.tally import mean
from jobs.infra import broker
from jobs.models import Tally

SEEN = timedelta(minutes=5)
# Runs are rarer than starts: a longer look gives a steadier mean.
RAN = timedelta(hours=1)
DAYS = 7
TARGET_WAIT = timedelta(seconds=5)


def needs(target_wait: timedelta = TARGET_WAIT) -> list[Need]:
    """The slots that each queue needs at this moment."""
    return [need(demand, target_wait) for demand in demands(timezone.now())]


def demands(now: datetime) -> list[Demand]:
    started, expected, runs = _started(now), _expected(now), _runs(now)
    depths = broker.depths(QUEUES)
    return [
        Demand(queue, started[queue] / SEEN.total_seconds(), expected[queue], mean(runs[queue]) or 0.0, depths[queue]) for queue in QUEUES
    ]


def _started(now: datetime) -> Counter[str]:
    rows = Tally.objects.filter(what="started", minute__gte=now - SEEN).values_list("queue").annotate(n=Sum("count"))
    return Counter(dict(rows))


def _expected(now: datetime) -> defaultdict[str, float]:
    """Starts per second in this hour of the clock, on the past days of which anything is known: their mean."""
    hour, first = now.replace(minute=0, second=0, microsecond=0), Tally.objects.aggregate(first=Min("minute"))["first"]
    days = min(DAYS, (now - first).days) if first else 0
    within = Q(pk=None)
    for day in range(1, days + 1):
        within |= Q(minute__gte=hour - timedelta(days=day), minute__lt=hour - timedelta(days=day) + timedelta(hours=1))
    rows = Tally.objects.filter(within, what="started").values_list("queue").annotate(n=Sum("count"))
    return defaultdict(float, {queue: n / 3600 / days for queue, n in rows})


def _runs(now: datetime) -> defaultdict[str, Counter[int]]:
    """Run times by bucket, of each queue."""
    rows = Tally.objects.filter(what="succeeded", minute__gte=now - RAN).values_list("queue", "bucket").annotate(n=Sum("count"))
    found: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for queue, bucket, n in rows:
        found[queue][bucket] += n
    return found
