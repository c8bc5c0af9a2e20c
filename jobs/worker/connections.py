"""Connections to PostgreSQL of what a worker runs: the jobs of a bundle share them, and its end closes them.

Celery closes them before and after each task. Then each of many short jobs has to make one, which costs more than the job.
"""

from collections.abc import Iterator
from typing import Any

from celery import current_app, signals
from celery.fixups.django import DjangoFixup, DjangoWorkerFixup
from django.db import close_old_connections


def keep_for_bundles(app: Any) -> None:
    """In this process and in children forked from now on."""
    for fixup in fixups(app):
        signals.task_prerun.disconnect(fixup.on_task_prerun)
        signals.task_postrun.disconnect(fixup.on_task_postrun)


def between_jobs() -> None:
    """Close what the last job has left broken, or in a transaction."""
    close_old_connections()


def close() -> None:
    """Close those of this thread."""
    for fixup in fixups(current_app):
        fixup.close_database()
        fixup.close_cache()


def fixups(app: Any) -> Iterator[DjangoWorkerFixup]:
    return (fixup.worker_fixup for fixup in app._fixups if isinstance(fixup, DjangoFixup))
