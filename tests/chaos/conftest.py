"""Empty stores and room for real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.infra.redis import client
from jobs.models import Tenant
from tests.support import (
    sample_jobs,  # noqa: F401 - declares the job types
    table,
)
from tests.support.processes import Processes, processes


@pytest.fixture
def farm(transactional_db: None, tmp_path: Path) -> Iterator[Processes]:
    client().flushdb()
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    with processes(tmp_path) as started:
        yield started


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of the faults that were tried."""
    if table.rows:
        terminalreporter.section("faults")
        for line in table.lines():
            terminalreporter.write_line(line)
