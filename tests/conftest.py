"""Which tests share a process when several run at once (pytest-xdist)."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """A file's tests stay together; those that only use the site use one."""
    group = "site" if "site" in getattr(item, "fixturenames", ()) else item.path.name
    item.add_marker(pytest.mark.xdist_group(group))
