"""pytest-celery's own fixtures, with processes where it would start containers: the broker is Valkey, the worker has our transport."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from pytest_celery import CeleryTestSetup, RedisTestBackend, RedisTestBroker

from jobs.infra import embedded
from tests.support.containers import Broker, ProcessContainer, Worker


class Setup(CeleryTestSetup):
    @classmethod
    def create_setup_app(cls, celery_setup_config: dict[str, Any], celery_setup_app_name: str) -> Celery:
        """The test's side; it speaks by our transport too."""
        app = super().create_setup_app(celery_setup_config, celery_setup_app_name)
        app.conf.broker_transport = "jobs.infra.transport:Transport"
        return app

    def teardown(self) -> None:
        self.app.pool.force_close_all()
        super().teardown()


@pytest.fixture
def celery_setup_cls() -> type[CeleryTestSetup]:
    return Setup


@pytest.fixture
def default_redis_broker(tmp_path: Path) -> Iterator[Broker]:
    port = embedded.free_port()
    command = [embedded._binary(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--appendonly", "yes", "--save", ""]
    container = ProcessContainer("broker", command, tmp_path, {}, port)
    broker = Broker(container)
    broker.ready()
    yield broker
    container.stop()


@pytest.fixture
def celery_broker(default_redis_broker: Broker) -> RedisTestBroker:
    return RedisTestBroker(default_redis_broker)


@pytest.fixture
def celery_backend(default_redis_broker: Broker) -> RedisTestBackend:
    return RedisTestBackend(default_redis_broker)


@pytest.fixture
def default_worker_container(tmp_path: Path, default_worker_env: dict[str, str]) -> Iterator[Worker]:
    command = [word if word != "app" else "tests.support.contained" for word in Worker.command("--pool", "solo")]
    env = {name: value for name, value in default_worker_env.items() if name.startswith("CELERY_")} | {"DJANGO_SETTINGS_MODULE": ""}
    container = ProcessContainer("worker", [sys.executable, "-m", *command], tmp_path, env)
    yield Worker(container)
    container.kill()
