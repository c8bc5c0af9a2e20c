"""What a worker says of itself every few seconds."""

import contextlib
import os
import platform
from typing import Any

import psutil
from celery import __version__
from celery.worker import state


def of(consumer: Any) -> dict[str, Any]:
    """Host, process, pool, queues, running jobs, memory in bytes, CPU seconds used so far; JSON values."""
    memory, cpu = _used()
    return {
        "host": platform.node(),
        "pid": os.getpid(),
        "pool": type(consumer.pool).__module__.rpartition(".")[2],
        "processes": consumer.pool.num_processes,
        "queues": sorted(str(queue.name) for queue in consumer.task_consumer.queues) if consumer.task_consumer else [],
        "running": [{"id": r.id, "type": r.name, "since": r.time_start} for r in list(state.active_requests)][:200],
        "waiting": consumer.dispatcher.waiting(),
        "performed": sum(state.total_count.values()),
        "memory": memory,
        "cpu": cpu,
        "celery": __version__,
    }


def _used() -> tuple[int, float]:
    """By this process and its children; one that ends meanwhile does not count."""
    memory, cpu, me = 0, 0.0, psutil.Process()
    for process in (me, *me.children()):
        with contextlib.suppress(psutil.Error), process.oneshot():
            memory += process.memory_info().rss
            cpu += sum(process.cpu_times()[:2])
    return memory, round(cpu, 2)
