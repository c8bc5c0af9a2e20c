"""For all tests: which share a process of several (pytest-xdist), how hypothesis looks, whose Redis they speak to, real processes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from django.core.signals import setting_changed
from django.dispatch import receiver
from hypothesis import HealthCheck, settings

from jobs.infra import redis
from jobs.models import Tenant
from tests.support.processes import Processes, processes

# One would be the last to end by far, many would fill the machine.
SITES = 2

# A machine that does other things besides is slow, not wrong; and what CI finds, it finds again.
settings.register_profile("patient", deadline=None, derandomize=bool(os.environ.get("CI")), suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_itemcollected(item: pytest.Item) -> None:
    """A file's tests stay together; those that only use the site of tests/e2e share a few, by their files."""
    uses_site = item.path.parent.name == "e2e" and "site" in getattr(item, "fixturenames", ())
    group = f"site {crc32(item.path.name.encode()) % SITES}" if uses_site else item.path.name
    item.add_marker(pytest.mark.xdist_group(group))


@receiver(setting_changed)
def speak_to_another_redis(setting: str, **_: Any) -> None:
    """A test's own Redis is its whole process's, threads of the platform included, for as long as the settings say so."""
    if setting.startswith("REDIS_"):
        redis.close()


@pytest.fixture
def farm(transactional_db: None, tmp_path: Path) -> Iterator[Processes]:
    """Empty stores, the default tenant, and room for real processes."""
    redis.client().flushdb()
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    with processes(tmp_path) as started:
        yield started
