"""A real worker beside a recorder and a clock, for the length of a test."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker

from jobs.infra.redis import client
from jobs.models import Job, Tenant
from jobs.services import lifecycle, operations
from tests.support import brokers, sample_jobs  # noqa: F401 - declares the job types
from tests.support.receivers import Receiver, receiving


@pytest.fixture
def platform(transactional_db: None) -> Iterator[None]:
    """Empty stores, the default tenant, and a worker thread on all queues."""
    from config.celery import app

    client().flushdb()
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    with start_worker(app, pool="solo", perform_ping_check=False, queues=["checkout", "default", "bulk"], loglevel="ERROR"):
        yield


@pytest.fixture
def ended(platform: None) -> Callable[[Job], Job]:
    """Let time pass for the platform until the job has ended; answers its row."""

    def wait(job: Job, until: Callable[[Job], bool] = lambda job: bool(job.finished_at)) -> Job:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            operations.promote()
            lifecycle.record()
            job.refresh_from_db()
            if until(job):
                return job
            threading.Event().wait(0.02)
        raise AssertionError(f"{job} is still {job.state}: {job.error}")

    return wait


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody's server, on loopback."""
    with receiving() as started:
        yield started


@pytest.fixture
def webhook_tenant(transactional_db: None, settings: Any) -> Tenant:
    """Empty stores and the default tenant, whose webhooks may stand on loopback and are tried once."""
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    settings.WEBHOOK_RETRIES = []
    client().flushdb()
    return Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]


def values(rows: Any, *names: str) -> list[Any]:
    return list(rows.values_list(*names, flat=len(names) == 1))


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """The URL of a server that the transport is to work with, by its name in tests.support.brokers."""
    with brokers.started(tmp_path_factory.mktemp("servers")) as url:
        yield url
