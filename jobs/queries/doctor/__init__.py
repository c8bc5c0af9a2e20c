"""What is wrong with this installation, and what to do: each check is one function that answers one finding."""

from collections.abc import Callable, Iterator

import redis
from django.db import Error

from jobs.queries.doctor import host, postgresql, processes, server
from jobs.queries.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
Check = Callable[[], Finding]
CHECKS: dict[str, Check] = {
    "python": host.python,
    "packages": host.packages,
    "uploads": host.uploads,
    "postgresql": postgresql.version,
    "postgresql connection": postgresql.encryption,
    "postgresql clock": postgresql.clock,
    "migrations": postgresql.migrations,
    "unpublished jobs": postgresql.unpublished,
    "redis": server.version,
    "redis role": server.role,
    "redis connection": server.encryption,
    "redis user": server.rights,
    "redis eviction": server.eviction,
    "redis memory": server.memory,
    "redis persistence": server.persistence,
    "redis clock": server.clock,
    "sentinels": server.sentinels,
    "workers": processes.workers,
    "queues": processes.queues,
    "beat": processes.beat,
    "recorder": processes.recorder,
    "recorder lag": processes.recorder_lag,
}


def examine() -> Iterator[tuple[str, Finding]]:
    """Every check's name and what it found, one after the other; a store that is away fails each check that asks it."""
    for name, check in CHECKS.items():
        try:
            yield name, check()
        except redis.RedisError as error:
            yield name, Finding.fail(f"Redis can't be asked: {_first_line(error)}", "Is it running, and is REDIS_URL right?")
        except Error as error:
            yield name, Finding.fail(f"PostgreSQL can't be asked: {_first_line(error)}", "Is it running, and is DATABASE_URL right?")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
