"""The one way to Redis: a pool for each purpose, time limits on every call, reconnection with backoff and jitter, verified TLS.

| purpose | pool |
| --- | --- |
| short calls: publish, claim, report, questions | `client()` |
| reads that block a thread | `reader()` |
| one event loop: live pages, event streams | `async_client()` |
| the broker of Celery, workers and Flower | `celery_settings()`, of which kombu makes its pools |

All lead to what REDIS_URL names: a server, or the master that the Sentinels know when a connection is made. A connection
to a former master ends with its first refused write, and its successor leads to the new one.
"""

import atexit
import socket
import ssl
from functools import cache
from typing import Any, cast
from urllib.parse import quote

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from django.conf import settings
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from jobs.core.redis_url import RedisUrl, parse
from jobs.infra.transport.keys import STEPS, STRICT

FAULTS = (redis.ConnectionError, redis.TimeoutError)
POOL = 64
CALL_TIMEOUT = 10
# Longer than any read blocks.
READ_TIMEOUT = 30
# A peer that vanished without a word is noticed on an idle connection after 15 + 3 * 5 seconds.
PROBES = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
SOCKET: dict[str, Any] = {
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "socket_keepalive_options": {getattr(socket, name): value for name, value in PROBES.items() if hasattr(socket, name)},
}


@cache
def client() -> redis.Redis:
    """Redis for short calls. Safe across forks and threads; raises redis.RedisError after three tries."""
    retry = Retry(ExponentialWithJitterBackoff(base=0.05, cap=1), retries=3, supported_errors=FAULTS)
    return cast(redis.Redis, _client(redis, socket_timeout=CALL_TIMEOUT, retry=retry))


@cache
def reader() -> redis.Redis:
    """Redis for reads that block for up to READ_TIMEOUT; who waits does not hold up who calls."""
    return cast(redis.Redis, _client(redis, socket_timeout=READ_TIMEOUT))


def async_client() -> redis.asyncio.Redis:
    """Redis for one event loop, blocking reads included; who asks for it closes it."""
    return cast(redis.asyncio.Redis, _client(redis.asyncio, socket_timeout=READ_TIMEOUT))


def close() -> None:
    """Close the connections of this process; it may ask anew."""
    for made in (client, reader):
        if made.cache_info().currsize:
            made().connection_pool.disconnect()
        made.cache_clear()


atexit.register(close)


def _client(library: Any, **options: Any) -> Any:
    """A client of redis or of redis.asyncio, whose pool is its own."""
    url = address()
    options |= {**SOCKET, **_login(url), "decode_responses": True, "health_check_interval": 15, "client_name": "conveyor"}
    options |= {"db": url.database, "max_connections": POOL}
    if url.master:
        sentinel = library.sentinel.Sentinel(url.hosts, sentinel_kwargs=sentinel_options(url), **_tls(url), **options)
        return sentinel.master_for(url.master, library.Redis)
    if url.path:
        options = {name: value for name, value in options.items() if name not in SOCKET}
        pool = library.ConnectionPool(connection_class=library.UnixDomainSocketConnection, path=url.path, **options)
    else:
        kind = library.SSLConnection if url.tls else library.Connection
        host, port = url.hosts[0]
        pool = library.ConnectionPool(connection_class=kind, host=host, port=port, **_certificates(url), **options)
    return library.Redis.from_pool(pool)


def address() -> RedisUrl:
    return parse(settings.REDIS_URL)


def _login(url: RedisUrl) -> dict[str, str | None]:
    return {"username": url.user or None, "password": url.password or None}


def _certificates(url: RedisUrl) -> dict[str, Any]:
    """What a TLS connection checks and shows; a certificate that does not hold ends it, in every environment."""
    if not url.tls:
        return {}
    return {
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_check_hostname": True,
        "ssl_min_version": ssl.TLSVersion.TLSv1_2,
        "ssl_ca_certs": settings.REDIS_CA_FILE or None,
        "ssl_certfile": settings.REDIS_CERT_FILE or None,
        "ssl_keyfile": settings.REDIS_KEY_FILE or None,
    }


def _tls(url: RedisUrl) -> dict[str, Any]:
    """The same for what chooses the kind of connection by a word."""
    return {"ssl": True, **_certificates(url)} if url.tls else {}


def sentinel_options(url: RedisUrl) -> dict[str, Any]:
    """How to speak to the Sentinels themselves."""
    user, _, password = str(settings.REDIS_SENTINEL_AUTH).partition(":")
    login = {"username": user or None, "password": password or None}
    return {**SOCKET, "socket_connect_timeout": 1, "socket_timeout": 1, **login, **_tls(url)}


def celery_settings() -> dict[str, Any]:
    """How Celery reaches the same Redis."""
    url = address()
    options: dict[str, Any] = {
        "global_keyprefix": settings.CONVEYOR_PREFIX,
        # Flower counts by it what waits.
        "priority_steps": list(STEPS),
        "queue_order_strategy": STRICT if settings.ENV.QUEUE_ORDER == "strict" else "round_robin",
        "socket_timeout": CALL_TIMEOUT,
        "health_check_interval": 3,
        "client_name": "conveyor-broker",
        **SOCKET,
    }
    if url.master:
        options |= {"master_name": url.master, "sentinel_kwargs": sentinel_options(url)}
    return {"broker_url": _broker_url(url), "broker_use_ssl": _certificates(url) or None, "broker_transport_options": options}


def _broker_url(url: RedisUrl) -> str:
    """The URL as kombu writes it."""
    login = f"{quote(url.user, safe='')}:{quote(url.password, safe='')}@" if url.password else ""
    if url.path:
        return f"redis+socket://{login}{url.path}?virtual_host={url.database}"
    scheme = "sentinel" if url.master else "rediss" if url.tls else "redis"
    return ";".join(f"{scheme}://{login}{_bracketed(host)}:{port}/{url.database}" for host, port in url.hosts)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def key(name: str) -> str:
    return f"{settings.CONVEYOR_PREFIX}conveyor:{name}"


def hot_key(job_id: object) -> str:
    return key(f"job:{job_id}")


def journal_key() -> str:
    return key("journal")
