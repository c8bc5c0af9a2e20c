"""The one way to Redis: pools by purpose, time limits on every call, reconnection with backoff and jitter."""

from functools import cache
from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

OPTIONS: dict[str, Any] = {
    "decode_responses": True,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 15,
    "client_name": "conveyor",
}
FAULTS = (redis.ConnectionError, redis.TimeoutError)


@cache
def client() -> redis.Redis:
    """Redis for short calls. Safe across forks and threads; raises redis.RedisError after three tries."""
    retry = Retry(ExponentialWithJitterBackoff(base=0.05, cap=1), retries=3, supported_errors=FAULTS)
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10, retry=retry, max_connections=64, **OPTIONS)


def async_client() -> redis.asyncio.Redis:
    """Redis for one event loop; who asks for it closes it. Blocking reads are allowed to take their time."""
    return redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=30, max_connections=64, **OPTIONS)


def key(name: str) -> str:
    return f"{settings.CONVEYOR_PREFIX}conveyor:{name}"


def hot_key(job_id: object) -> str:
    return key(f"job:{job_id}")


def journal_key() -> str:
    return key("journal")
