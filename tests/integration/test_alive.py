"""Signs of life: the processes give them, `manage.py alive` tells."""

import pytest
from django.core.management import call_command

from jobs.infra import alive
from jobs.infra.redis import client
from tests.support.processes import Processes, processes, until


@pytest.fixture
def nobody(transactional_db: None) -> None:
    client().flushdb()


def test_each_role_is_seen_while_it_runs(nobody: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    with processes(tmp_path_factory.mktemp("alive")) as started:
        _start(started)
        until(lambda: all(alive.lately(role) for role in alive.ROLES), 90, started.logs)
        call_command("alive", "recorder")


def test_a_role_that_nobody_plays_fails_the_check(nobody: None) -> None:
    with pytest.raises(SystemExit, match="No beat"):
        call_command("alive", "beat")


def _start(started: Processes) -> None:
    started.worker("--pool", "solo")
    started.beat()
    started.recorder()
