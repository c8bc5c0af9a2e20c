"""docker-compose.yml starts the Procfile's processes by their names, so the commands exist once."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.core.job_type import QUEUES

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROCESSES = [line.split(":")[0] for line in (ROOT / "Procfile").read_text().splitlines() if line]
# Two services may be one process, which takes from other queues in each.
STARTED = {name: name for name in PROCESSES} | {"checkout": "worker"}
STORES = ["redis", "postgres"]
KEYS = {
    *("build", "image", "command", "environment", "ports", "volumes", "depends_on"),
    *("healthcheck", "restart", "stop_grace_period"),
}


def test_every_process_of_the_procfile_is_a_service_and_nothing_else_is() -> None:
    assert set(SERVICES) == {*STARTED, *STORES, "migrate"}


@pytest.mark.parametrize(("name", "process"), STARTED.items())
def test_a_process_is_started_by_the_procfile(name: str, process: str) -> None:
    assert SERVICES[name]["command"] == f"honcho start {process}"


def test_every_queue_has_one_service() -> None:
    queues = [queue for service in SERVICES.values() for queue in service.get("environment", {}).get("QUEUES", "").split(",") if queue]
    assert sorted(queues) == sorted(QUEUES)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_uses_known_keys_and_waits_for_what_can_tell_that_it_is_ready(name: str) -> None:
    assert set(SERVICES[name]) <= KEYS
    for other, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_healthy" if "healthcheck" in SERVICES[other] else "service_completed_successfully"
        assert how == {"condition": expected}


@pytest.mark.parametrize("name", STORES)
def test_a_store_keeps_its_data_and_tells_its_health(name: str) -> None:
    assert "healthcheck" in SERVICES[name]
    assert [mount.split(":")[0] for mount in SERVICES[name]["volumes"]] == [name]


@pytest.mark.parametrize("name", STARTED)
def test_a_process_tells_its_health(name: str) -> None:
    assert {"test", "interval", "timeout", "retries"} <= set(SERVICES[name]["healthcheck"])


def test_the_file_fits_the_compose_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_every_volume_is_declared() -> None:
    mounted = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert mounted == set(COMPOSE["volumes"])


def test_no_secret_has_a_default() -> None:
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|AUTH)\w*)(:[^}]*)?\}", (ROOT / "docker-compose.yml").read_text())
    assert secrets
    assert {fallback for _, fallback in secrets} == {":?"}
