"""Which tests share a process when several run at once (pytest-xdist), and how hypothesis looks for examples."""

import os

import pytest
from hypothesis import HealthCheck, settings

# A machine that does other things besides is slow, not wrong; and what CI finds, it finds again.
settings.register_profile("patient", deadline=None, derandomize=bool(os.environ.get("CI")), suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_itemcollected(item: pytest.Item) -> None:
    """A file's tests stay together; those that only use the site use one."""
    group = "site" if "site" in getattr(item, "fixturenames", ()) else item.path.name
    item.add_marker(pytest.mark.xdist_group(group))
