"""Each role has its own user in Redis: an installation runs, nothing of it is refused, and no role may do another's work."""

import contextlib
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis
from django.core.management import call_command
from django.test import override_settings

from jobs.core.redis_rights import ROLES
from jobs.core.states import State
from jobs.infra import embedded
from jobs.models import DeadLetter, Job, Tenant
from tests.support.processes import Processes, until
from tests.support.valkey import Secured

REDIS = shutil.which("redis-server") or ""


RETRIED = """
import django
django.setup()
from tests.support.sample_jobs import Nothing, recover
recover.submit(Nothing())
"""


class Installation:
    """Redis with TLS and the ACL file, and processes that use it, each by the user of its role."""

    def __init__(self, server: Secured, passwords: dict[str, str], started: Processes) -> None:
        self.server, self.passwords, self.started = server, passwords, started

    def env(self, role: str) -> dict[str, str]:
        return self.server.settings | {"REDIS_URL": self.server.url_of(role, self.passwords[role])}

    def connect(self, role: str) -> redis.Redis:
        return self.server.connect(username=role, password=self.passwords[role], decode_responses=True)

    def refused(self) -> list[str]:
        with self.connect("admin") as admin:
            return [f"{entry['username']}: {entry['reason']} {entry['object']}" for entry in admin.acl_log()]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Secured, dict[str, str]]]:
    assert REDIS, "These tests need redis-server; bin/test installs it."
    folder, told = tmp_path_factory.mktemp("users"), io.StringIO()
    # The rights on channels name the database, and this server's is 0 whatever number the test process has elsewhere.
    with override_settings(REDIS_URL="rediss://127.0.0.1/0"):
        call_command("redis_users", str(folder / "users.acl"), stdout=told)
    passwords = dict(re.findall(r"^(\w+):(\S+)$", told.getvalue(), re.MULTILINE))
    server = Secured(folder, "--aclfile", str(folder / "users.acl"), binary=REDIS)
    server.client.close()
    server.client = server.connect(username="admin", password=passwords["admin"])
    with server.running():
        yield server, passwords


@pytest.fixture
def installation(server: tuple[Secured, dict[str, str]], tmp_path: Path, transactional_db: None) -> Iterator[Installation]:
    secured, passwords = server
    secured.client.flushdb()
    secured.client.acl_log_reset()
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    started = Processes(tmp_path)
    with contextlib.ExitStack() as stack:
        stack.callback(started.end)
        yield Installation(secured, passwords, started)


@pytest.mark.timeout(500)
def test_a_whole_installation_runs_and_nothing_of_it_is_refused(installation: Installation) -> None:
    started, env = installation.started, installation.env
    started.worker("-c", "1", "-E", **env("worker"))
    started.recorder(**env("recorder"))
    started.beat(**env("beat"))
    port = str(embedded.free_port())
    flower = {**env("flower"), "FLOWER_BASIC_AUTH": "operator:secret"}
    started.start("flower", "-m", "celery", "-A", "config", "flower", "--address=127.0.0.1", f"--port={port}", **flower)
    submit = ("manage.py", "jobs", "submit", "platform.nothing", "--wait")
    assert started.start("submit", *submit, **env("web")).wait(240) == 0, started.logs()
    # A retry waits in Redis; what is no message becomes a dead letter and then a row.
    assert started.start("retry", "-c", RETRIED, **env("web")).wait(60) == 0, started.logs()
    installation.server.client.lpush("default", "no message")
    until(lambda: Job.objects.filter(type="sample.recover", state=State.SUCCEEDED).exists(), 60, started.logs)
    until(lambda: DeadLetter.objects.exists(), 60, started.logs)
    for words in (("queues", "pause", "bulk"), ("queues", "resume", "bulk"), ("workers", "list")):
        assert started.start("steer", "manage.py", *words, **env("web")).wait(60) == 0, started.logs()
    ping = started.start("ping", "-m", "celery", "-A", "config", "inspect", "ping", "--timeout", "20", **env("worker"))
    assert ping.wait(60) == 0, started.logs()
    workers = lambda: httpx.get(f"http://127.0.0.1:{port}/api/workers", params={"refresh": 1}, auth=("operator", "secret")).json()  # noqa: E731
    until(lambda: _answers(workers), 60, started.logs)
    started.end()
    assert installation.refused() == []


def _answers(call: object) -> bool:
    try:
        return bool(call())  # type: ignore[operator]
    except (httpx.HTTPError, ValueError):
        return False


FORBIDDEN = {
    "web": [
        "RPOP default",
        "BRPOP default 1",
        "DEL default",
        "XTRIM conveyor:journal MAXLEN 0",
        "HDEL conveyor:pending:1 1",
        "SUBSCRIBE /0.celery.pidbox",
    ],
    "worker": ["XTRIM conveyor:journal MAXLEN 0", "SET elsewhere 1"],
    "beat": ["RPOP default", "DEL default", "SUBSCRIBE /0.celery.pidbox"],
    "recorder": ["RPOP default", "DEL default", "PUBLISH /0.celery.pidbox shutdown"],
    "flower": ["RPOP default", "DEL conveyor:journal", "XTRIM conveyor:journal MAXLEN 0"],
    "client": ["RPOP default", "LRANGE default 0 -1", "HGETALL conveyor:job:1", "LPUSH dead_letter x", "SET celery-task-meta-1 x"],
    "exporter": ["LPUSH default x", "RPOP default", "HSET conveyor:job:1 state dead", "PUBLISH /0.celery.pidbox x", "EVAL return(1) 0"],
}
NOBODYS = [
    "FLUSHALL",
    "FLUSHDB",
    "KEYS *",
    "CONFIG GET *",
    "ACL LIST",
    "MONITOR",
    "SHUTDOWN",
    "CLIENT KILL TYPE normal",
    "GET elsewhere",
]


@pytest.mark.parametrize("role", ROLES)
def test_no_role_may_do_what_is_not_its_work(installation: Installation, role: str) -> None:
    """The twin: the log that is empty above does fill."""
    allowed = []
    with installation.connect(role) as client:
        for call in (*NOBODYS, *FORBIDDEN[role]):
            try:
                client.execute_command(*call.split())
                allowed.append(call)
            except redis.exceptions.NoPermissionError:
                continue
    assert allowed == []
    assert any(line.startswith(f"{role}:") for line in installation.refused())


def test_nobody_comes_in_without_a_user(installation: Installation) -> None:
    with installation.server.connect() as stranger, pytest.raises(redis.exceptions.AuthenticationError):
        stranger.ping()
