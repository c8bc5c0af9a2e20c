"""The Celery app that pytest-celery's workers run: our transport, and where things are from the environment, as in its images."""

import os
import time

import redis
from celery import Celery

from jobs.infra import transport

transport.install()
app = Celery("contained", broker=os.environ["CELERY_BROKER_URL"], backend=os.environ["CELERY_RESULT_BACKEND"])
app.conf.update(
    imports=["pytest_celery.vendors.worker.tasks"],
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_consumer="jobs.infra.transport.consumer:Consumer",
)


@app.task(name="nap")
def nap(name: str, seconds: float = 0) -> str:
    """Leave its name when it starts, and take a while."""
    with redis.Redis.from_url(os.environ["CELERY_BROKER_URL"]) as client:
        client.rpush("napped", name)
    time.sleep(seconds)
    return name
