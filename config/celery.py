"""The Celery app: every setting of Celery in one place, each with its reason where it is not the default."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from kombu.entity import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


from jobs.core.job_type import QUEUES
from jobs.infra import transport
from jobs.infra.redis import celery_settings

transport.install()
app = Celery("conveyor", task_cls="jobs.worker.task:PlainTask")
# Celery does it by itself where nobody asked for an app before this line; who did (a plugin, a library) has left its own to all threads.
app.set_default()
app.conf.update(
    **celery_settings(),
    broker_connection_retry_on_startup=True,
    # A worker never gives up on its broker.
    broker_connection_max_retries=None,
    broker_channel_error_retry=True,
    result_backend="jobs.infra.results:JournalBackend",
    result_extended=True,
    accept_content=["json"],
    result_accept_content=["json"],
    task_default_queue="default",
    task_queues=[Queue(name, routing_key=name) for name in QUEUES],
    # A message is given back when its worker dies, so it is acknowledged at the end.
    task_acks_late=True,
    task_acks_on_failure_or_timeout=True,
    # What a lost worker means is decided by jobs.worker.request.
    task_reject_on_worker_lost=True,
    task_track_started=False,
    task_store_errors_even_if_ignored=True,
    worker_consumer="jobs.worker.consumer:JobConsumer",
    worker_prefetch_multiplier=4,
    # What leaks, leaks for so long only. Celery counts in KiB.
    worker_max_tasks_per_child=settings.ENV.WORKER_CHILD_BUNDLES,
    worker_max_memory_per_child=settings.ENV.WORKER_CHILD_MEGABYTES * 1024,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_disable_rate_limits=True,
    # Flower turns them on where it runs; a worker without Flower saves half of its work for each task.
    worker_send_task_events=False,
    task_send_sent_event=False,
    worker_hijack_root_logger=False,
    beat_scheduler="jobs.worker.beat:Scheduler",
    timezone="UTC",
)


@setup_logging.connect
def _leave_it_to_django(**_: Any) -> None:
    """Celery sets up no logging of its own: Django's is in force, and LOG_LEVEL is the one level."""


app.autodiscover_tasks()
