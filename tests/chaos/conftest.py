"""What every test of faults needs."""

import pytest

from tests.support import (
    sample_jobs,  # noqa: F401 - declares the job types
    table,
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of the faults that were tried."""
    if table.rows:
        terminalreporter.section("faults")
        for line in table.lines():
            terminalreporter.write_line(line)
