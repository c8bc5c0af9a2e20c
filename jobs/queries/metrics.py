"""The figures for Prometheus, of the whole installation: read from the tallies, Redis and the signs of life when they are asked for.

So they are right however many processes there are, and no process has to be scraped. Labels have few values: queues, job types,
outcomes, routes.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from django.conf import settings
from django.db.models import Count, Sum
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE

from jobs.core.tally import BOUNDS, RECONCILED
from jobs.infra import alive, broker, counted, gates, journal
from jobs.models import Delivery, Tally, Webhook
from jobs.queries import activity, scaling, standing
from jobs.queries.health import lag

__all__ = ["CONTENT_TYPE", "text"]
# Types beyond so many are one label: cardinality stays bounded.
MOST_TYPES = 200


class Collector:
    def collect(self) -> Iterator[Metric]:
        yield from _queues()
        yield from _processes()
        yield from _gates()
        yield from _scaling()
        yield from _jobs()
        yield from _webhooks()
        yield from _journal()
        yield from _web()
        yield from _pools()


def text() -> bytes:
    registry = CollectorRegistry()
    registry.register(Collector())
    return generate_latest(registry)


def _queues() -> Iterator[Metric]:
    depth = GaugeMetricFamily("conveyor_queue_depth", "Messages that are ready in the queue.", labels=["queue"])
    oldest = GaugeMetricFamily("conveyor_queue_oldest_seconds", "Age of the oldest queued job.", labels=["queue"])
    paused = GaugeMetricFamily("conveyor_queue_paused", "1 when the queue is paused.", labels=["queue"])
    for queue in activity.queues():
        depth.add_metric([queue.name], queue.depth)
        oldest.add_metric([queue.name], queue.oldest.total_seconds() if queue.oldest else 0)
        paused.add_metric([queue.name], bool(queue.paused))
    yield from (depth, oldest, paused)
    yield GaugeMetricFamily("conveyor_delayed_messages", "Messages that wait for their time.", value=broker.delayed())


def _processes() -> Iterator[Metric]:
    workers = activity.workers()
    yield GaugeMetricFamily("conveyor_workers", "Workers that have been there lately.", value=len(workers))
    running = sum(len(worker.about.get("running", [])) for worker in workers)
    yield GaugeMetricFamily("conveyor_jobs_running", "Jobs that workers are performing.", value=running)
    slots = sum(worker.about.get("processes", 0) for worker in workers)
    yield GaugeMetricFamily("conveyor_worker_slots", "Jobs that workers could perform at once.", value=slots)
    behind = lag().total_seconds()
    yield GaugeMetricFamily("conveyor_recorder_lag_seconds", "How far the rows are behind the journal.", value=behind)


def _gates() -> Iterator[Metric]:
    """By limit and dependency, not by value: a limit of each customer is one label."""
    held = GaugeMetricFamily("conveyor_limit_held", "Jobs that have a place in the limit.", labels=["kind", "limit"])
    waiting = GaugeMetricFamily("conveyor_limit_waiting", "Jobs that wait before the limit.", labels=["kind", "limit"])
    for view in list(standing.limits())[:MOST_TYPES]:
        labels = [view.rule.name.partition("/")[0], view.name]
        held.add_metric(labels, view.held)
        waiting.add_metric(labels, view.line)
    is_open = GaugeMetricFamily("conveyor_breaker_open", "1 when the breaker of the dependency is not closed.", labels=["dependency"])
    behind = GaugeMetricFamily("conveyor_breaker_waiting", "Jobs that wait for the dependency.", labels=["dependency"])
    for breaker in standing.all_breakers():
        is_open.add_metric([breaker.name], breaker.state != "closed")
        behind.add_metric([breaker.name], breaker.line)
    lines: dict[str, int] = defaultdict(int)
    for look in gates.look(gates.awaited()):
        lines[look.gate.partition("/")[0]] += look.line
    kinds = GaugeMetricFamily("conveyor_gate_waiting", "Jobs that wait, by the kind of the gate.", labels=["gate"])
    for kind, line in sorted(lines.items()):
        kinds.add_metric([kind], line)
    yield from (held, waiting, is_open, behind, kinds)


def _scaling() -> Iterator[Metric]:
    wanted = GaugeMetricFamily("conveyor_wanted_slots", "Slots that the queue needs (Little's law), for autoscalers.", labels=["queue"])
    for need in scaling.needs():
        wanted.add_metric([need.queue], need.slots)
    yield wanted


def _jobs() -> Iterator[Metric]:
    outcomes = CounterMetricFamily("conveyor_jobs", "Attempts by how they went.", labels=["type", "queue", "outcome"])
    again = CounterMetricFamily("conveyor_jobs_reconciled", "Jobs unknown to Redis that were published again.", labels=["type", "queue"])
    waits: dict[tuple[str, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    runs: dict[tuple[str, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    rows = Tally.objects.values_list("type", "queue", "what", "bucket").annotate(n=Sum("count")).order_by("type")
    named = set(islice(dict.fromkeys(row[0] for row in rows), MOST_TYPES))
    for type, queue, what, bucket, n in rows:
        name = type if type in named else "other"
        sums[name, queue, what] += n
        if what in ("started", "succeeded"):
            (waits if what == "started" else runs)[name, queue][bucket] += n
    for (name, queue, what), n in sums.items():
        if what == RECONCILED:
            again.add_metric([name, queue], n)
        else:
            outcomes.add_metric([name, queue, what], n)
    yield from (outcomes, again)
    yield _histogram("conveyor_job_wait_seconds", "From the queue to the start.", waits)
    yield _histogram("conveyor_job_run_seconds", "From the start to success.", runs)


def _webhooks() -> Iterator[Metric]:
    endpoints = GaugeMetricFamily("conveyor_webhooks", "Endpoints of webhooks.", labels=["state"])
    counts = dict(Webhook.objects.order_by().values_list("state").annotate(n=Count("pk")))
    for state in Webhook.State.values:
        endpoints.add_metric([state], counts.get(state, 0))
    yield endpoints
    pending = Delivery.objects.filter(state=Delivery.State.PENDING).count()
    yield GaugeMetricFamily("conveyor_webhook_deliveries_pending", "Deliveries that have not ended.", value=pending)
    opened = Webhook.objects.filter(open_until__isnull=False).count()
    yield GaugeMetricFamily("conveyor_webhook_breakers_open", "Endpoints that are left alone for a while, or try one.", value=opened)


def _journal() -> Iterator[Metric]:
    yield GaugeMetricFamily("conveyor_journal_entries", "Entries of the journal that Redis keeps.", value=journal.length())
    most = settings.EVENT_JOURNAL_ENTRIES
    yield GaugeMetricFamily("conveyor_journal_most_entries", "With more, Redis keeps only the last minute.", value=most)
    yield _measured("conveyor_recorder_batch_entries", "Entries that the recorder wrote at once.", counted.RECORDED)
    yield _measured("conveyor_fetch_messages", "Messages that a worker took at once.", counted.FETCHED)


def _web() -> Iterator[Metric]:
    yield _measured("conveyor_http_request_seconds", "Time to the answer, or to its beginning for a stream.", counted.HTTP)
    names = alive.lately(alive.WEB)
    streams = sum(about.get("streams", 0) for about in alive.about(alive.WEB, names))
    yield GaugeMetricFamily("conveyor_event_streams", "Open event streams and live pages.", value=streams)


def _pools() -> Iterator[Metric]:
    """By role, added up over its processes."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for role in (alive.WEB, alive.WORKER, alive.RECORDER):
        for about in alive.about(role, alive.lately(role)):
            for pool, numbers in about.get("pools", {}).items():
                for state, n in numbers.items():
                    sums[role, pool, state] += n
    words = "Connections of the pools of all processes; `waiting`: who waits for one."
    connections = GaugeMetricFamily("conveyor_pool_connections", words, labels=["role", "pool", "state"])
    for labels, n in sums.items():
        connections.add_metric(list(labels), n)
    yield connections


def _measured(name: str, words: str, measure: counted.Measure) -> Metric:
    family = HistogramMetricFamily(name, words, labels=measure.labels)
    for labels, seen in counted.read(measure).items():
        family.add_metric(list(labels), _buckets(seen.buckets, measure.bounds), sum_value=seen.sum)
    return family


def _histogram(name: str, words: str, measured: dict[tuple[str, str], dict[int, int]]) -> Metric:
    family = HistogramMetricFamily(name, words, labels=["type", "queue"])
    for labels, counts in measured.items():
        family.add_metric(list(labels), _buckets(counts, BOUNDS), sum_value=None)
    return family


def _buckets(counts: Mapping[int, int], bounds: Sequence[float]) -> list[tuple[str, float]]:
    reached, buckets = 0, []
    for bucket, bound in enumerate((*bounds, float("inf"))):
        reached += counts.get(bucket, 0)
        buckets.append(("+Inf" if bound == float("inf") else str(float(bound)), float(reached)))
    return buckets
