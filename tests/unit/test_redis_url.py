"""REDIS_URL and what it becomes for each library."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from jobs.core.redis_url import RedisUrl, parse
from jobs.infra import redis


@pytest.mark.parametrize(
    ("url", "means"),
    [
        ("redis://", RedisUrl(tls=False, hosts=(("localhost", 6379),))),
        ("redis://:p%40s@db:7000/3", RedisUrl(tls=False, hosts=(("db", 7000),), password="p@s", database=3)),
        ("rediss://worker:secret@[::1]", RedisUrl(tls=True, hosts=(("::1", 6379),), user="worker", password="secret")),
        ("unix:///run/redis.sock?db=2", RedisUrl(tls=False, path="/run/redis.sock", database=2)),
        ("sentinel://one,two:1/4?master=main", RedisUrl(tls=False, hosts=(("one", 26379), ("two", 1)), master="main", database=4)),
        ("sentinels://u:p@one?master=m", RedisUrl(tls=True, hosts=(("one", 26379),), user="u", password="p", master="m")),
    ],
)
def test_a_url_says_where_redis_is(url: str, means: RedisUrl) -> None:
    assert parse(url) == means


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("amqp://host", "must start with"),
        ("redis://one,two", "only Sentinels"),
        ("redis://host:port", "no valid host and port"),
        ("redis://host/main", "by its number"),
        ("sentinel://one", "must name the master"),
        ("rediss://host?ssl_cert_reqs=none", "unknown option ssl_cert_reqs"),
        ("redis://user:secret@host:port", "host:port"),
    ],
)
def test_a_wrong_url_is_refused_by_a_sentence_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as refused:
        parse(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["redis://u:p%40@h:1/2", "rediss://h:6379/0", "sentinel://u:p@a:1/2;sentinel://u:p@b:26379/2"])
def test_celery_reaches_the_same_redis(url: str, settings: Any) -> None:
    settings.REDIS_URL = "sentinel://u:p@a:1,b/2?master=m" if ";" in url else url
    told = redis.celery_settings()
    assert told["broker_url"] == url
    assert told["broker_transport_options"].get("master_name") == ("m" if ";" in url else None)


@pytest.mark.parametrize("url", ["rediss://u:p@host/0", "sentinels://u:p@a,b/0?master=m"])
@pytest.mark.parametrize("kind", ["client", "reader", "async_client"])
def test_every_tls_connection_checks_the_certificate(url: str, kind: str, settings: Any, tmp_path: Path) -> None:
    settings.REDIS_URL, settings.REDIS_CA_FILE = url, str(tmp_path / "ca.pem")
    redis.close()
    made = getattr(redis, kind)().connection_pool
    options = made.connection_kwargs
    redis.close()
    assert "SSL" in made.connection_class.__name__
    broker = redis.celery_settings()["broker_use_ssl"]
    for told in (options, broker, *([made.sentinel_manager.sentinel_kwargs] if "sentinels" in url else [])):
        assert (told["ssl_cert_reqs"], told["ssl_check_hostname"], told["ssl_ca_certs"]) == (
            ssl.CERT_REQUIRED,
            True,
            settings.REDIS_CA_FILE,
        )


def test_every_pool_has_time_limits_keepalive_and_health_checks(settings: Any) -> None:
    redis.close()
    for made in (redis.client(), redis.reader(), redis.async_client()):
        options = made.connection_pool.connection_kwargs
        assert 0 < options["socket_connect_timeout"] < options["socket_timeout"] <= 30
        assert options["socket_keepalive"]
        assert options["health_check_interval"]
        assert made.connection_pool.max_connections == 64
    redis.close()


def test_the_sentinels_own_password_is_not_the_servers(settings: Any) -> None:
    settings.REDIS_URL, settings.REDIS_SENTINEL_AUTH = "sentinel://u:server@a/0?master=m", ":sentinel"
    redis.close()
    manager = redis.client().connection_pool.sentinel_manager  # type: ignore[attr-defined]
    redis.close()
    assert (manager.sentinel_kwargs["password"], manager.connection_kwargs["password"]) == ("sentinel", "server")
