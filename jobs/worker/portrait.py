"""What a worker says of itself every few seconds."""

import os
import platform
from typing import Any

import psutil
from celery import __version__
from celery.worker import state


def of(consumer: Any) -> dict[str, Any]:
    """Host, process, pool, queues, running jobs, memory in bytes, CPU seconds used so far; JSON values."""
    family = _family()
    return {
        "host": platform.node(),
        "pid": os.getpid(),
        "pool": type(consumer.pool).__module__.rpartition(".")[2],
        "processes": consumer.pool.num_processes,
        "queues": sorted(str(queue.name) for queue in consumer.task_consumer.queues) if consumer.task_consumer else [],
        "running": [{"id": r.id, "type": r.name, "since": r.time_start} for r in list(state.active_requests)][:200],
        "waiting": consumer.dispatcher.waiting(),
        "performed": sum(state.total_count.values()),
        "memory": sum(process.memory_info().rss for process in family),
        "cpu": round(sum(sum(process.cpu_times()[:2]) for process in family), 2),
        "celery": __version__,
    }


def _family() -> list[psutil.Process]:
    me = psutil.Process()
    alive = []
    for process in (me, *me.children()):
        try:
            process.memory_info()
        except psutil.Error:
            continue
        alive.append(process)
    return alive
