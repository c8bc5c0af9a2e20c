"""What operators do to queues and workers. Each act is logged with who did it."""

import structlog

from jobs.core.errors import InvalidInput, NotFound
from jobs.core.job_type import QUEUES
from jobs.infra import alive, broker, control

log = structlog.get_logger(__name__)
ACTS = ("quiet", "listen", "stop", "grow", "shrink")


def pause(queue: str, by: str, why: str = "") -> None:
    """Raises NotFound."""
    _known(queue)
    broker.pause(queue, by, why[:200])
    log.info("queue.paused", queue=queue, by=by, why=why)


def resume(queue: str, by: str) -> None:
    _known(queue)
    broker.resume(queue)
    log.info("queue.resumed", queue=queue, by=by)


def _known(queue: str) -> None:
    if queue not in QUEUES:
        raise NotFound(f"There is no queue {queue!r}; there are {', '.join(QUEUES)}.")


def tell_worker(worker: str, act: str, by: str) -> None:
    """Tell it to be quiet (take nothing more), listen again, stop warmly, grow or shrink by one. Raises NotFound, InvalidInput."""
    if worker not in alive.lately(alive.WORKER):
        raise NotFound(f"No worker {worker!r} has given a sign of life lately.")
    if act not in ACTS:
        raise InvalidInput(f"A worker can be told to {', '.join(ACTS)}; not {act!r}.")
    if act == "quiet":
        control.quiet(worker, alive.about(alive.WORKER, [worker])[0].get("queues", []))
    elif act == "listen":
        control.listen(worker, QUEUES)
    elif act == "stop":
        control.stop(worker)
    else:
        control.resize(worker, 1 if act == "grow" else -1)
    log.info("worker.told", worker=worker, act=act, by=by)
