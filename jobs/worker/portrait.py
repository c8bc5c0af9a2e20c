"""What a worker says of itself every few seconds."""

import contextlib
import os
import platform
import time
from typing import Any

import psutil
from celery import __version__
from celery.worker import state
from django.conf import settings

from jobs.infra import pools


def of(consumer: Any) -> dict[str, Any]:
    """Host, process, pool, queues, running jobs, memory in bytes, CPU seconds used so far and per second since the
    last time, the host's load, how late the loop is in seconds, the version of the application; JSON values."""
    memory, cpu = _used()
    share = _share(cpu)
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
        "share": share,
        "load": round(os.getloadavg()[0], 2),
        "lag": round(consumer.loop_lag, 3),
        "draining": consumer.draining,
        "version": settings.VERSION,
        "celery": __version__,
        "pools": pools.of_this_process(),
    }


_last = (0.0, 0.0)


def _share(cpu: float) -> float:
    """CPU seconds per second since the last time: 2 is two whole cores."""
    global _last
    (before, at), _last = _last, (cpu, time.monotonic())
    return round(max(0.0, cpu - before) / (_last[1] - at), 2) if at else 0.0


def _used() -> tuple[int, float]:
    """By this process and its children; one that ends meanwhile does not count."""
    memory, cpu, me = 0, 0.0, psutil.Process()
    for process in (me, *me.children()):
        with contextlib.suppress(psutil.Error), process.oneshot():
            memory += process.memory_info().rss
            cpu += sum(process.cpu_times()[:2])
    return memory, round(cpu, 2)
