"""Connections to PostgreSQL of what a worker runs: the jobs of a bundle share them, and its end closes them.

Celery closes them before and after each task. Then each of many short jobs has to make one, which costs more than the job.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import structlog
from celery import current_app, signals
from celery.fixups.django import DjangoFixup, DjangoWorkerFixup
from django.db import Error, close_old_connections

log = structlog.get_logger(__name__)


def keep_for_bundles(app: Any) -> None:
    """In this process and in children forked from now on."""
    for fixup in fixups(app):
        signals.task_prerun.disconnect(fixup.on_task_prerun)
        signals.task_postrun.disconnect(fixup.on_task_postrun)


def between_jobs() -> None:
    """Close what the last job has left broken, or in a transaction."""
    with _whatever_it_says():
        close_old_connections()


def close() -> None:
    """Close those of this thread."""
    for fixup in fixups(current_app):
        with _whatever_it_says():
            fixup.close_database()
            fixup.close_cache()


@contextlib.contextmanager
def _whatever_it_says() -> Iterator[None]:
    """The jobs have been performed: how a connection ends takes nothing of their answers away."""
    try:
        yield
    except Error as error:
        log.warning("connections.not_closed", why=str(error))


def fixups(app: Any) -> Iterator[DjangoWorkerFixup]:
    return (fixup.worker_fixup for fixup in app._fixups if isinstance(fixup, DjangoFixup))
