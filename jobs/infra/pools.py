"""How many connections this process has open to PostgreSQL and Redis, and how many of them are in use."""

from typing import Any

from django.conf import settings
from django.db import connections

from jobs.infra.redis import client

Pools = dict[str, dict[str, int]]


def of_this_process() -> Pools:
    """{"redis": {"in_use", "idle"}, "postgresql": ...}; PostgreSQL only where DATABASE_POOL is set."""
    pool: Any = client().connection_pool
    found = {"redis": {"in_use": len(pool._in_use_connections), "idle": len(pool._available_connections)}}
    if settings.ENV.DATABASE_POOL:
        stats = connections["default"].pool.get_stats()  # type: ignore[attr-defined]
        idle = stats.get("pool_available", 0)
        found["postgresql"] = {"in_use": stats.get("pool_size", 0) - idle, "idle": idle, "waiting": stats.get("requests_waiting", 0)}
    return found
