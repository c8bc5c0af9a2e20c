"""Words to the workers, by Celery's remote control."""

from collections.abc import Sequence

from celery import current_app


def kill(task_ids: Sequence[str]) -> None:
    """Kill the processes that run these tasks, and record them as revoked; a task that has ended is left alone."""
    current_app.control.revoke(list(task_ids), terminate=True, signal="SIGKILL")


def stop(worker: str) -> None:
    """A warm shutdown: what runs ends, what has not started goes back."""
    current_app.control.shutdown(destination=[worker])


def quiet(worker: str, queues: Sequence[str]) -> None:
    """Take nothing more from these queues; the process stays."""
    for queue in queues:
        current_app.control.cancel_consumer(queue, destination=[worker])


def listen(worker: str, queues: Sequence[str]) -> None:
    for queue in queues:
        current_app.control.add_consumer(queue, destination=[worker])


def resize(worker: str, by: int) -> None:
    """More processes or threads in the pool, or fewer."""
    change = current_app.control.pool_grow if by > 0 else current_app.control.pool_shrink
    change(abs(by), destination=[worker])


def drain(worker: str) -> None:
    """Take nothing more, end all that was taken, then stop."""
    current_app.control.broadcast("drain", destination=[worker])
