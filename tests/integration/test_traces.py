"""One trace from a request to the webhook that tells of its job, through real processes, as a collector receives it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import httpx
import pytest

from jobs.core.states import State
from jobs.infra import control
from jobs.infra.embedded import free_port
from jobs.infra.tracing import Traces
from jobs.models import Delivery, Job, Tenant
from jobs.services import submission, tenants
from tests.support import sample_jobs
from tests.support.collectors import Collector, collecting
from tests.support.processes import ROOT, Processes, environment, until
from tests.support.receivers import Receiver
from tests.support.sample_jobs import Nothing, Number, Seconds

CLICK = "0af7651916cd43dd8448eb211c80319c"
BUTTON = "b7ad6b7169203331"
CLICKED = f"00-{CLICK}-{BUTTON}-01"
LONG = "600000"
SAMPLES = "tests.support.traced"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as started:
        yield started


def web(farm: Processes, **env: str) -> tuple["subprocess.Popen[bytes]", str]:
    port = free_port()
    words = ("-m", "uvicorn", f"{SAMPLES}:application", "--port", str(port), "--no-access-log", "--timeout-graceful-shutdown", "3")
    process = farm.start("web", *words, DJANGO_SETTINGS_MODULE="config.settings", **env)
    url = f"http://127.0.0.1:{port}"
    until(lambda: answers(url), 90, farm.logs)
    return process, url


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


def asked(url: str, type: str, **more: Any) -> str:
    """A client submits a job within a trace of its own; answers the job's id."""
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "tests", ["read", "submit"])[1]
    headers = {"Authorization": f"Bearer {secret}", "traceparent": f"00-{CLICK}-{BUTTON}-01", "tracestate": "shop=7"}
    answer = httpx.post(f"{url}/api/jobs", json={"type": type, **more}, headers=headers, timeout=60)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["jobId"])


def await_spans(collector: Collector, farm: Processes, wanted: dict[str, int]) -> None:
    """Wait until so many of each name have come."""
    until(
        lambda: all(len(collector.named(name)) >= count for name, count in wanted.items()),
        90,
        lambda: f"{wanted}\n{collector.told()}\n{farm.logs()}",
    )


def test_one_trace_from_a_request_to_the_webhook_of_its_job(farm: Processes, collector: Collector, receiver: Receiver) -> None:
    env = {**collector.environment, "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8", "CONVEYOR_ENV": "test"}
    _, url = web(farm, OTEL_SERVICE_NAME="shop", **env)
    farm.worker("-c", "1", **env)
    farm.start("recorder", "-m", SAMPLES, "recorder", DJANGO_SETTINGS_MODULE="config.settings", **env)
    farm.beat(**env)
    id = asked(url, "sample.recover", callbackUrl=f"{receiver.url}/told")
    await_spans(collector, farm, {"run sample.recover": 2, "run webhooks.deliver": 1, "POST": 1, "run tests.on_hear_queued": 1})
    named = collector.named

    (request,) = named("POST /api/jobs")
    assert (request.kind, request.trace, request.parent, request.status) == ("SERVER", CLICK, BUTTON, "UNSET")
    known = {"http.request.method": "POST", "http.route": "/api/jobs", "url.path": "/api/jobs", "http.response.status_code": 202}
    assert known.items() <= request.attributes.items()
    assert request.resource["service.name"] == "shop"

    (submitted,) = named("submit sample.recover")
    assert (submitted.kind, submitted.trace, submitted.parent) == ("PRODUCER", CLICK, request.id)
    assert submitted.attributes["messaging.destination.name"] == "default"
    (stored,) = [span for span in named("INSERT jobs_job") if span.parent == submitted.id]
    assert (stored.kind, stored.attributes["db.system.name"]) == ("CLIENT", "postgresql")

    first, second = named("run sample.recover")
    assert {(run.kind, run.trace, run.parent) for run in (first, second)} == {("CONSUMER", CLICK, submitted.id)}
    assert (first.status, second.status) == ("ERROR", "UNSET")
    told = [[run.attributes[f"conveyor.{name}"] for name in ("attempt", "attempts", "outcome", "tenant")] for run in (first, second)]
    assert told == [[1, 3, "retrying", "default"], [2, 3, "succeeded", "default"]]
    assert {run.attributes["messaging.message.id"] for run in (first, second)} == {id}
    ((event, failure),) = first.events
    assert (event, failure["exception.type"], failure["exception.message"]) == ("exception", "ValueError", "not yet")
    assert first.resource["service.name"] == "conveyor"
    assert first.resource["process.pid"] != request.resource["process.pid"]

    waits = [span for span in named("wait default") if span.parent == submitted.id]
    assert [wait.trace for wait in waits] == [CLICK, CLICK]
    assert waits[0].end <= first.start < waits[1].start <= waits[1].end <= second.start

    (handed,) = named("submit webhooks.deliver")
    assert (handed.trace, handed.parent) == (CLICK, second.id)
    (delivery,) = named("run webhooks.deliver")
    assert (delivery.trace, delivery.parent) == (CLICK, handed.id)
    (sent,) = named("POST")
    assert (sent.kind, sent.trace, sent.parent, sent.attributes["http.response.status_code"]) == ("CLIENT", CLICK, delivery.id, 200)
    (heard,) = receiver.received
    assert heard.headers["traceparent"] == f"00-{CLICK}-{sent.id}-01"
    assert heard.headers["tracestate"] == "shop=7"
    assert Delivery.objects.get().attempts.get().request_headers["traceparent"] == heard.headers["traceparent"]

    # A handler of the event that the job was queued belongs to it as well.
    assert any(handled.trace == CLICK for handled in named("run tests.on_hear_queued"))
    row = Job.objects.get(pk=id)
    assert (row.trace, row.trace_id) == (f"00-{CLICK}-{submitted.id}-01 shop=7", CLICK)
    # Who asks whether the site is alive makes no trace.
    assert not [span for span in collector.spans if "healthz" in span.name]
    for process in ("web", "worker"):
        lines = (farm.folder / f"{process}.log").read_text().splitlines()
        assert [line for line in lines if CLICK in line and id in line]


def test_what_is_held_back_is_sent_when_a_process_ends(farm: Processes, collector: Collector) -> None:
    """A child that is replaced, a worker, a web server and a script that stop: their spans do not wait for the next batch."""
    env = {**collector.environment, "OTEL_BSP_SCHEDULE_DELAY": LONG}
    server, url = web(farm, **env)
    worker = farm.worker("-c", "1", WORKER_CHILD_BUNDLES="1", **env)
    asked(url, "sample.double", data={"number": 1})
    await_spans(collector, farm, {"run sample.double": 1})
    assert not collector.named("POST /api/jobs")

    script = farm.start("click", "-m", SAMPLES, "click", DJANGO_SETTINGS_MODULE="config.settings", **env)
    assert script.wait(90) == 0, farm.logs()
    (click,) = collector.named("a click")
    await_spans(collector, farm, {"run sample.plain": 1})
    assert [run.parent for run in collector.named("run sample.plain")] == [click.id]

    for process in (server, worker):
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    (request,) = collector.named("POST /api/jobs")
    assert request.trace == CLICK


class Given(Traces):
    """What is submitted in this process belongs to the click."""

    def submitting(self, orders: Sequence[tuple[str, str]]) -> Any:
        return nullcontext({"": CLICKED})


def test_children_batches_and_killed_attempts_are_in_the_trace(
    farm: Processes, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission, "traces", Given)
    sample_jobs.parent.submit(Nothing())
    sample_jobs.add_up.submit_many([Number(number=number) for number in (1, 2, 7)])
    worker = farm.worker("-c", "1", **collector.environment)
    farm.recorder()
    await_spans(collector, farm, {"run sample.double": 1, "run together sample.add_up": 1, "run sample.add_up": 3})

    (parent,), (submitted,), (child,) = map(collector.named, ("run sample.parent", "submit sample.double", "run sample.double"))
    assert {span.trace for span in (parent, submitted, child)} == {CLICK}
    assert (parent.parent, submitted.parent, child.parent) == (BUTTON, parent.id, submitted.id)

    (call,), runs = collector.named("run together sample.add_up"), collector.named("run sample.add_up")
    assert (call.trace != CLICK, call.links, call.attributes["messaging.batch.message_count"]) == (True, (BUTTON,) * 3, 3)
    assert {(run.trace, run.parent, run.links, run.start) for run in runs} == {(CLICK, BUTTON, (call.id,), call.start)}
    assert sorted((run.status, run.message) for run in runs) == [("ERROR", "GiveUp: seven"), ("UNSET", ""), ("UNSET", "")]

    job = sample_jobs.effect.submit(Seconds(seconds=600))
    until(lambda: Job.objects.filter(pk=job.pk, state=State.RUNNING).exists(), 60, farm.logs)
    control.kill([str(job.pk)])
    await_spans(collector, farm, {"run sample.effect": 1})
    (killed,) = collector.named("run sample.effect")
    assert (killed.trace, killed.parent, killed.attributes["conveyor.outcome"]) == (CLICK, BUTTON, "cancelled")
    assert (killed.resource["process.pid"], killed.end > killed.start) == (worker.pid, True)


IMPORTED = """
import config.celery, config.asgi, sys
from jobs.infra.tracing import traces
print(type(traces()).__name__, *[name for name in sys.modules if name.startswith(("opentelemetry.exporter", "jobs.infra.tracing."))])
"""
MISSING = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
"""


def said(code: str, **env: str) -> str:
    """What a process of the platform prints at its start."""
    about = os.environ | environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"} | env
    words = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(words, cwd=ROOT, env=about, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


@pytest.mark.parametrize(
    "env", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "otlp"}]
)
def test_nothing_is_imported_where_traces_are_off(env: dict[str, str]) -> None:
    assert said(IMPORTED, **env) == "Traces"


def test_an_endpoint_without_the_library_is_told_and_nothing_else_changes() -> None:
    told = said(MISSING + IMPORTED, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert "traces.not_installed" in told
    assert told.splitlines()[-1] == "NotInstalled"
    assert said(MISSING + IMPORTED) == "Traces"


def test_a_collector_that_is_away_holds_nobody_up(farm: Processes) -> None:
    worker = farm.worker("-c", "1", OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}", OTEL_BSP_SCHEDULE_DELAY="100")
    farm.recorder()
    job = sample_jobs.double.submit(Number(number=2))
    until(lambda: Job.objects.filter(pk=job.pk, state=State.SUCCEEDED).exists(), 60, farm.logs)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0, farm.logs()
