"""Who works: workers, beat, the recorder, and whether each queue has somebody."""

from jobs.infra import alive, broker
from jobs.queries import activity
from jobs.queries.doctor.finding import Finding
from jobs.queries.health import BEHIND, lag

SLOW = BEHIND / 6


def workers() -> Finding:
    found = alive.lately(alive.WORKER)
    if not found:
        return Finding.fail("none has given a sign of life lately", "celery -A config worker --queues checkout,default,bulk")
    return Finding.ok(", ".join(sorted(found)))


def queues() -> Finding:
    """Whether each has a worker and none is paused."""
    found = [queue for queue in activity.queues() if queue.name != broker.DEAD_LETTER]
    if unserved := [f"{queue.name} ({queue.depth} wait)" for queue in found if queue.unserved]:
        return Finding.fail(f"no worker serves {', '.join(unserved)}", "Start a worker with --queues naming them.")
    if idle := [queue.name for queue in found if not queue.workers]:
        return Finding.warn(f"no worker serves {', '.join(idle)}; nothing waits there now", "Start a worker with --queues naming them.")
    if paused := [queue.name for queue in found if queue.paused]:
        return Finding.warn(f"paused: {', '.join(paused)}", "manage.py queues resume QUEUE")
    return Finding.ok("each is served")


def beat() -> Finding:
    return _lives(alive.BEAT, "celery -A config beat; without it nothing scheduled starts and nothing is repaired")


def recorder() -> Finding:
    return _lives(alive.RECORDER, "manage.py recorder; without it rows and pages stand still")


def _lives(role: str, start: str) -> Finding:
    found = alive.lately(role)
    return Finding.ok(", ".join(found)) if found else Finding.fail("has given no sign of life lately", f"Start it: {start}.")


def recorder_lag() -> Finding:
    behind = lag()
    words = f"{behind.total_seconds():.0f} s behind the journal"
    if behind >= BEHIND:
        return Finding.fail(words, "Is the recorder running, is PostgreSQL slow or locked?")
    if behind >= SLOW:
        return Finding.warn(words, "It catches up unless this grows; look at PostgreSQL's load.")
    return Finding.ok(words)
