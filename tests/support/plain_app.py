"""A Celery app of plain tasks: on our transport, or with STOCK set on Celery's own, to show what that one loses.

BROKER is the broker's URL, MASTER what its Sentinels call the master, PREFIX stands before its keys; NOTES is where tasks leave traces.
With STOP what still runs so many seconds after the wish to stop goes back.
With BIRTH a child process comes up once something is in the list of that name there.
"""

import os
import time

import redis
from celery import Celery
from celery.signals import worker_process_init

from jobs.infra import transport
from jobs.infra.transport.consumer import Consumer

PREFIX = os.environ.get("PREFIX", "")
app = Celery("plain", broker=os.environ["BROKER"])
# UNGUARDED leaves out what notices that a connection is dead.
GUARDS = {} if os.environ.get("UNGUARDED") else {"socket_timeout": 5, "socket_connect_timeout": 2, "health_check_interval": 2}
app.conf.update(
    broker_transport_options={
        **GUARDS,
        "global_keyprefix": PREFIX,
        "master_name": os.environ.get("MASTER"),
        "sentinel_kwargs": {"socket_timeout": 1, "socket_connect_timeout": 1},
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_channel_error_retry=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_default_queue="default",
    worker_prefetch_multiplier=4,
    worker_cancel_long_running_tasks_on_connection_loss=False,
)
if not os.environ.get("STOCK"):
    transport.install()
    app.conf.worker_consumer = "jobs.infra.transport.consumer:Consumer"
    Consumer.stop_seconds = float(os.environ.get("STOP", "0"))


if birth := os.environ.get("BIRTH"):

    @worker_process_init.connect
    def _wait_to_be_born(**_: object) -> None:
        redis.Redis.from_url(os.environ["NOTES"]).brpoplpush(birth, birth, 4)


@app.task(name="mark")
def mark(name: str, seconds: float = 0) -> None:
    """Leave a trace at the start and at the end."""
    notes = redis.Redis.from_url(os.environ["NOTES"])
    notes.rpush(f"{PREFIX}started", name)
    time.sleep(seconds)
    notes.rpush(f"{PREFIX}ended", name)
    notes.close()


@app.task(name="poison", bind=True)
def poison(self: object) -> None:
    """Kill the worker's main process."""
    redis.Redis.from_url(os.environ["NOTES"]).rpush("started", "poison")
    os.kill(os.getpid(), 9)
