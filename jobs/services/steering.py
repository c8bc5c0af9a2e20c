"""What people do to queues, workers and single jobs. Each act is kept with who did it (services.audit)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from jobs.core.errors import InvalidInput, InvalidState, NotFound, Unavailable
from jobs.infra import alive, control, delayed
from jobs.models import Job
from jobs.services import audit, lifecycle, pauses, submission

ACTS = ("quiet", "listen", "drain", "stop", "grow", "shrink")


def pause(queue: str, by: str, why: str = "") -> None:
    """Raises NotFound."""
    pauses.pause(pauses.Kind.QUEUE, queue, by, why)


def resume(queue: str, by: str) -> None:
    """Raises NotFound."""
    pauses.resume(pauses.Kind.QUEUE, queue, by)


def tell_worker(worker: str, act: str, by: str) -> None:
    """Tell it to be quiet (take nothing more), listen again, drain (end all that it took, then stop), stop warmly, grow or
    shrink by one. Raises NotFound, InvalidInput."""
    _must_be_there(worker)
    if act not in ACTS:
        raise InvalidInput(f"A worker can be told to {', '.join(ACTS)}; not {act!r}.")
    if act == "quiet":
        control.quiet(worker)
    elif act == "listen":
        control.listen(worker)
    elif act == "drain":
        control.drain(worker)
    elif act == "stop":
        control.stop(worker)
    else:
        control.resize(worker, 1 if act == "grow" else -1)
    audit.record(f"worker.{act}", f"worker:{worker}", by=by)


def stacks(worker: str) -> list[dict[str, Any]]:
    """What each process of the worker is doing, {process, what, text}. It is no act: nothing changes. Raises NotFound, Unavailable."""
    _must_be_there(worker)
    found = control.stacks(worker)
    if found is None:
        raise Unavailable(f"The main process of {worker} does not answer: it is stuck itself, or runs jobs alone (pool solo).")
    return found


def cancel_delayed(task_id: str, by: str) -> None:
    """Take a plain task that waits for its time out of Redis. Raises NotFound, InvalidState for a job."""
    found = delayed.find(task_id)
    if any(message.of_job for message in found):
        raise InvalidState(f"{task_id} is a job: cancel that, and its message will not run.")
    if not delayed.revoke(found):
        raise NotFound(f"No message of {task_id!r} waits for its time.")
    audit.record("message.cancel", f"message:{task_id}", by=by, type=found[0].type)


def _must_be_there(worker: str) -> None:
    if worker not in alive.lately(alive.WORKER):
        raise NotFound(f"No worker {worker!r} has given a sign of life lately.")


def cancel_job(job: Job) -> str:
    """As lifecycle.cancel, and kept as an act."""
    answer = lifecycle.cancel(job)
    audit.record("job.cancel", f"job:{job.pk}", tenant=job.tenant, type=job.type, answer=answer)
    return answer


@transaction.atomic
def retry_job(job: Job, data: Mapping[str, Any] | None = None, **origin: Any) -> Job:
    """As submission.retry, and kept as an act."""
    made = submission.retry(job, data, **origin)
    audit.record("job.retry", f"job:{job.pk}", tenant=job.tenant, type=job.type, job=str(made.pk), edited=data is not None)
    return made
