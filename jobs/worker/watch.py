"""What beat looks at once a minute: for the history of the overview, and for what raises an alert."""

from jobs.infra import broker
from jobs.queries import activity
from jobs.queries import alerts as queries
from jobs.services import alerts, history


def sample() -> int:
    """How deep each queue is and how old its oldest job, how many slots workers have and how many are busy."""
    seen: list[tuple[str, str, float]] = []
    for queue in activity.queues():
        if queue.name != broker.DEAD_LETTER:
            seen.append(("depth", queue.name, queue.depth))
            seen.append(("oldest", queue.name, queue.oldest.total_seconds() if queue.oldest else 0.0))
    busy, slots = activity.use(activity.workers())
    return history.keep([*seen, ("busy", "", busy), ("slots", "", slots)])


def alarm() -> int:
    """Ask every rule; answers how many alerts go on."""
    rules = [rule for rule in queries.rules() if rule.enabled]
    sight = queries.look() if rules else None
    return sum(alerts.settle(rule, queries.findings(rule, sight)) for rule in rules if sight)
