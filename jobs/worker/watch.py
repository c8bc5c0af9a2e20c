"""What beat looks at once a minute, for the history of the overview."""

from jobs.infra import broker
from jobs.queries import activity
from jobs.services import history


def sample() -> int:
    """How deep each queue is and how old its oldest job, how many slots workers have and how many are busy."""
    seen: list[tuple[str, str, float]] = []
    for queue in activity.queues():
        if queue.name != broker.DEAD_LETTER:
            seen.append(("depth", queue.name, queue.depth))
            seen.append(("oldest", queue.name, queue.oldest.total_seconds() if queue.oldest else 0.0))
    busy, slots = activity.use(activity.workers())
    return history.keep([*seen, ("busy", "", busy), ("slots", "", slots)])
