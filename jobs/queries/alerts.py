"""What the alert rules find at this moment, and the alerts that were raised."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone

from jobs.core.errors import NotFound
from jobs.models import Alert, AlertRule, Tally
from jobs.queries import activity, standing
from jobs.queries.activity import QueueView

Found = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sight:
    """What all rules look at, read once."""

    queues: list[QueueView]
    open_breakers: list[str]


def look() -> Sight:
    return Sight(activity.queues(), [breaker.name for breaker in standing.all_breakers() if breaker.state != "closed"])


def findings(rule: AlertRule, sight: Sight) -> Found:
    """What the rule is about, each with its value; nothing where all is well."""
    by_kind: dict[str, Callable[[AlertRule, Sight], Found]] = {
        AlertRule.Kind.DEAD_RATE: _dead_rate,
        AlertRule.Kind.OLDEST_AGE: _oldest,
        AlertRule.Kind.NO_WORKER: _no_worker,
        AlertRule.Kind.BREAKER_OPEN: lambda rule, sight: dict.fromkeys(sight.open_breakers, 1.0),
    }
    return by_kind[rule.kind](rule, sight)


def _dead_rate(rule: AlertRule, sight: Sight) -> Found:
    rows = Tally.objects.filter(minute__gte=timezone.now() - rule.window, what__in=["succeeded", "dead"])
    if rule.queue:
        rows = rows.filter(queue=rule.queue)
    counts = dict(rows.values_list("what").annotate(n=Sum("count")))
    dead, ended = counts.get("dead", 0), sum(counts.values())
    return {rule.queue or "jobs": dead / ended} if dead and dead / ended >= rule.threshold else {}


def _oldest(rule: AlertRule, sight: Sight) -> Found:
    ages = {queue.name: queue.oldest.total_seconds() for queue in _queues(rule, sight) if queue.oldest}
    return {name: age for name, age in ages.items() if age >= rule.threshold}


def _no_worker(rule: AlertRule, sight: Sight) -> Found:
    # A worker that is just being replaced is no news: the oldest has waited for as long as the rule says.
    late = [queue for queue in _queues(rule, sight) if queue.oldest and queue.oldest.total_seconds() >= rule.threshold]
    return {queue.name: float(queue.depth) for queue in late if queue.unserved}


def _queues(rule: AlertRule, sight: Sight) -> list[QueueView]:
    return [queue for queue in sight.queues if rule.queue in ("", queue.name)]


def rules() -> list[AlertRule]:
    return list(AlertRule.objects.all())


def get(number: int) -> AlertRule:
    """Raises NotFound."""
    rule = AlertRule.objects.filter(pk=number).first()
    if rule is None:
        raise NotFound(f"There is no alert rule {number}.")
    return rule


def firing() -> list[Alert]:
    return list(Alert.objects.filter(resolved_at=None).select_related("rule"))


def over(limit: int = 50) -> list[Alert]:
    """The latest that are over."""
    return list(Alert.objects.exclude(resolved_at=None).select_related("rule")[:limit])
