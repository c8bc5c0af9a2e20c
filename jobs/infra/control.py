"""Words to the workers, by Celery's remote control."""

from collections.abc import Sequence

from celery import current_app


def kill(task_ids: Sequence[str]) -> None:
    """Kill the processes that run these tasks, and record them as revoked; a task that has ended is left alone."""
    current_app.control.revoke(list(task_ids), terminate=True, signal="SIGKILL")
