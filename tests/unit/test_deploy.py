"""deploy/ names only what there is: the Procfile's processes, the figures of jobs.queries.metrics, the rules."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.core.job_type import QUEUES

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PROCESSES = [line.split(":")[0] for line in (ROOT / "Procfile").read_text().splitlines() if line]
# Two deployments may be one process, which takes from other queues in each.
STARTED = {name: name for name in PROCESSES} | {"checkout": "worker"}
OBJECTS: list[dict[str, Any]] = [
    found for file in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for found in yaml.safe_load_all(file.read_text())
]
RULES = [rule for group in yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((DEPLOY / "grafana" / "conveyor.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
SUFFIXES = {"Counter": ["_total"], "Gauge": [""], "histogram": ["_bucket", "_count", "_sum"], "measured": ["_bucket", "_count", "_sum"]}


def figures() -> set[str]:
    """The names under which Prometheus keeps what jobs.queries.metrics tells."""
    made = re.findall(r'(Counter|Gauge|histogram|measured)(?:MetricFamily)?\(\s*"(conveyor_\w+)"', metrics_source())
    return {name + suffix for kind, name in made for suffix in SUFFIXES[kind]}


def metrics_source() -> str:
    return (ROOT / "jobs" / "queries" / "metrics.py").read_text()


def named(query: str) -> set[str]:
    return set(re.findall(r"conveyor[_:][\w:]+", query))


def of(kind: str) -> dict[str, dict[str, Any]]:
    return {found["metadata"]["name"]: found for found in OBJECTS if found["kind"] == kind}


def test_the_figures_are_found() -> None:
    assert {"conveyor_jobs_total", "conveyor_queue_depth", "conveyor_http_request_seconds_bucket"} <= figures()
    assert len(set(re.findall(r'"(conveyor_\w+)"', metrics_source()))) == len(
        {re.sub("_(total|bucket|count|sum)$", "", n) for n in figures()}
    )


@pytest.mark.parametrize("query", [*QUERIES, *(rule["expr"] for rule in RULES)])
def test_a_query_names_only_figures_that_exist(query: str) -> None:
    assert named(query)
    assert named(query) <= figures() | {rule["record"] for rule in RULES if "record" in rule}


def test_every_alert_says_how_bad_it_is_and_what_to_do() -> None:
    alerts = [rule for rule in RULES if "alert" in rule]
    assert len(alerts) >= 6
    for alert in alerts:
        assert alert["labels"]["severity"] in ("warning", "critical")
        assert {"summary", "description"} <= alert["annotations"].keys()


@pytest.mark.parametrize(("name", "process"), STARTED.items())
def test_every_process_of_the_procfile_is_a_deployment(name: str, process: str) -> None:
    spec = of("Deployment")[f"conveyor-{name}"]["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert container["command"] == ["honcho", "start", process]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"] == {"app": "conveyor", "process": name}
    assert {"livenessProbe", "startupProbe"} <= container.keys()
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] >= 30
    if process in ("beat", "recorder"):
        assert container["livenessProbe"]["exec"]["command"] == ["python", "manage.py", "alive", process]
    if spec["replicas"] > 1:
        budget = of("PodDisruptionBudget")[f"conveyor-{name}"]["spec"]
        assert (budget["selector"], budget["maxUnavailable"]) == (spec["selector"], 1)


def test_nothing_else_is_deployed() -> None:
    assert set(of("Deployment")) == {f"conveyor-{name}" for name in STARTED}
    assert {found["kind"] for found in OBJECTS} == {"Deployment", "Service", "PodDisruptionBudget", "Job", "ScaledObject"}


def test_every_queue_has_one_deployment() -> None:
    containers = [found["spec"]["template"]["spec"]["containers"][0] for found in of("Deployment").values()]
    served = [variable["value"] for container in containers for variable in container["env"] if variable["name"] == "QUEUES"]
    assert sorted(",".join(served).split(",")) == sorted(QUEUES)


def test_workers_are_scaled_by_the_slots_that_are_wanted() -> None:
    (scaled,) = of("ScaledObject").values()
    (trigger,) = scaled["spec"]["triggers"]
    assert scaled["spec"]["scaleTargetRef"]["name"] in of("Deployment")
    assert named(trigger["metadata"]["query"]) == {"conveyor_wanted_slots"} <= figures()
    (container,) = of("Deployment")[scaled["spec"]["scaleTargetRef"]["name"]]["spec"]["template"]["spec"]["containers"]
    slots = {variable["name"]: variable["value"] for variable in container["env"]}["CONCURRENCY"]
    assert trigger["metadata"]["threshold"] == slots
