"""The consumer of the queue `dead_letter`: each message becomes a row, and is acknowledged after the commit."""

from collections.abc import Callable
from typing import Any

import structlog
from celery import current_app
from kombu.entity import Queue
from kombu.messaging import Consumer

from jobs.infra.broker import DEAD_LETTER
from jobs.services import dead_letters

log = structlog.get_logger(__name__)


def drain(stopping: Callable[[], bool], patience: float = 0.5) -> None:
    """Keep dead letters as rows until told to stop; a lost connection raises, and nothing is acknowledged that was not kept."""
    with current_app.connection_for_read() as connection:
        queue = Queue(DEAD_LETTER)
        with Consumer(connection.channel(), [queue], callbacks=[_keep], accept=["json"], prefetch_count=100):
            while not stopping():
                try:
                    connection.drain_events(timeout=patience)
                except TimeoutError:
                    continue


def _keep(body: Any, message: Any) -> None:
    try:
        dead_letters.keep(body, message.headers, message.properties)
    except (KeyError, ValueError) as error:
        # Not one of ours: whoever pushed it must look at it; it stays in the log in full.
        log.error("dead_letter.unreadable", body=body, headers=message.headers, why=repr(error))
    message.ack()
