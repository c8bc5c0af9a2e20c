"""What operators see and steer: queues, workers, why a job waits, the figures."""

import asyncio
import subprocess
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from celery.exceptions import TaskRevokedError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config import asgi
from jobs.core.roles import Role
from jobs.core.states import State
from jobs.infra import alive, broker, counted
from jobs.models import Job, Tally, Tenant
from jobs.queries.activity import WINDOWS, activity, queues, workers
from jobs.queries.why import why
from jobs.services import lifecycle, steering, submission, tenants
from tests.support import sample_jobs
from tests.support.people import signed_in
from tests.support.sample_jobs import Nothing, Number
from tests.support.waiting import until

Ended = Callable[..., Job]


@pytest.fixture
def call(platform: None) -> Callable[..., Any]:
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "operator", ["read", "submit", "operate"])[1]

    def send(method: str, path: str, body: str = "{}", key: str = secret) -> Any:
        headers = {"authorization": f"Bearer {key}"}
        return Client().generic(method, f"/api{path}", body, content_type="application/json", headers=headers)

    return send


def _seen() -> bool:
    return any(worker.about.get("queues") for worker in workers())


def test_a_paused_queue_gives_nothing_and_resumes_by_itself_when_told(ended: Ended, call: Callable[..., Any]) -> None:
    answer = call("POST", "/queues/default/pause", '{"why": "moving the printer"}')
    assert next(q for q in answer.json() if q["name"] == "default")["paused"]["why"] == "moving the printer"
    held = sample_jobs.double.submit(Number(number=1))
    other = ended(sample_jobs.bulk_double.submit(Number(number=2)))
    assert other.state == State.SUCCEEDED
    lifecycle.record()
    held.refresh_from_db()
    assert (held.state, broker.depths(["default"])) == (State.QUEUED, {"default": 1})
    assert call("GET", f"/jobs/{held.pk}/why").json()[0]["name"] == "paused_queue"
    assert call("POST", "/queues/default/resume").status_code == 200
    assert ended(held).state == State.SUCCEEDED
    assert call("GET", f"/jobs/{held.pk}/why").json() == []


def test_a_queue_that_does_not_exist_is_not_paused(call: Callable[..., Any]) -> None:
    assert call("POST", "/queues/nowhere/pause").status_code == 404


def test_who_may_not_operate_may_not_pause_nor_see_workers(call: Callable[..., Any]) -> None:
    reader = tenants.create_key(Tenant.objects.get(slug="default"), "reader", ["read"])[1]
    for method, path in (("POST", "/queues/default/pause"), ("GET", "/workers"), ("GET", "/metrics"), ("POST", "/workers/x/stop")):
        assert call(method, path, key=reader).status_code == 403


def test_a_worker_says_what_it_serves_and_how_it_is(platform: None, call: Callable[..., Any]) -> None:
    until(_seen, 20)
    about = call("GET", "/workers").json()[0]["about"]
    assert about["queues"] == ["bulk", "checkout", "default"]
    assert about["processes"] == 1
    assert about["memory"] > 10_000_000
    assert not any(queue.unserved for queue in queues())


def test_a_worker_that_is_not_there_can_be_told_nothing(call: Callable[..., Any]) -> None:
    assert call("POST", "/workers/ghost@nowhere/stop").status_code == 404
    alive.tell(alive.WORKER, "here@host", {"queues": ["default"]})
    assert call("POST", "/workers/here@host/dance").status_code == 422
    assert call("POST", "/workers/here@host/quiet").status_code == 204


def test_jobs_are_counted_with_their_waits_and_runs(ended: Ended) -> None:
    ended(sample_jobs.double.submit(Number(number=1)))
    ended(sample_jobs.fail.submit(Nothing()))
    seen = activity(WINDOWS["1h"])
    assert (seen.counts["started"], seen.counts["succeeded"], seen.counts["retrying"], seen.counts["dead"]) == (4, 1, 2, 1)
    assert seen.error_rate == 0.75
    assert seen.wait["p50"] is not None
    assert seen.run["p99"] is not None
    assert sum(point.succeeded for point in seen.series) == 1


def test_what_is_recorded_twice_is_counted_once(ended: Ended) -> None:
    ended(sample_jobs.double.submit(Number(number=1)))
    before = list(Tally.objects.values_list("what", "count"))
    assert lifecycle.record() == 0
    assert list(Tally.objects.values_list("what", "count")) == before


def test_prometheus_can_read_the_figures(ended: Ended, call: Callable[..., Any]) -> None:
    ended(sample_jobs.double.submit(Number(number=1)))
    families = {family.name: family for family in text_string_to_metric_families(call("GET", "/metrics").content.decode())}
    done = [s for s in families["conveyor_jobs"].samples if s.labels.get("outcome") == "succeeded"]
    assert [(s.labels["type"], s.value) for s in done] == [("sample.double", 1.0)]
    buckets = [s for s in families["conveyor_job_run_seconds"].samples if s.name.endswith("_bucket")]
    assert buckets[-1].labels["le"] == "+Inf"
    assert [s.value for s in buckets] == sorted(s.value for s in buckets)
    assert {"conveyor_queue_depth", "conveyor_workers", "conveyor_recorder_lag_seconds"} <= set(families)


def test_promtool_accepts_the_figures_and_they_tell_of_every_part(ended: Ended, call: Callable[..., Any]) -> None:
    ended(sample_jobs.double.submit(Number(number=1)))
    call("GET", "/queues")
    until(_seen, 20)
    counted.counts.send()
    text = call("GET", "/metrics").content
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
    families = {family.name: family for family in text_string_to_metric_families(text.decode())}
    asked = {s.labels["route"]: s.value for s in families["conveyor_http_request_seconds"].samples if s.name.endswith("_count")}
    assert asked["api/queues"] >= 1
    for name in ("conveyor_recorder_batch_entries", "conveyor_fetch_messages"):
        assert any(s.value for s in families[name].samples if s.name.endswith("_count")), name
    assert {s.labels["role"] for s in families["conveyor_pool_connections"].samples} >= {"worker"}
    assert families["conveyor_journal_entries"].samples[0].value > 2


def test_what_a_web_process_has_not_told_is_told_as_its_server_stops(platform: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing tells in between.
    monkeypatch.setattr(counted.Counts, "_keep_telling", lambda counts: None)
    monkeypatch.setattr(counted, "counts", counted.Counts())
    counted.counts.add(counted.HTTP, 0.01, "GET", "late", "200")
    asked = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> dict[str, str]:
        return {"type": next(asked)}

    async def send(message: object) -> None:
        pass

    asyncio.run(asgi.application({"type": "lifespan"}, receive, send))
    assert ("GET", "late", "200") in counted.read(counted.HTTP)


def test_a_route_is_counted_once_however_many_paths_it_has(platform: None) -> None:
    for path in ("/jobs/01a21011-4f1b-7298-8c67-61e62eaff864/", "/jobs/01a21011-4f1b-7298-8c67-61e62eaff865/", "/no/such", "/nor/this"):
        Client().get(path)
    counted.counts.send()
    routes = {route for _, route, _ in counted.read(counted.HTTP)}
    assert {"jobs/<uuid:job_id>/", "none"} <= routes
    assert not any("01a21011" in route or "such" in route for route in routes)


def test_a_scraper_reads_with_its_token_alone(platform: None, settings: Any) -> None:
    assert Client().get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "scraper"
    assert Client().get("/metrics").status_code == 401
    assert Client().get("/metrics", headers={"authorization": "Bearer other"}).status_code == 401
    assert b"conveyor_queue_depth" in Client().get("/metrics", headers={"authorization": "Bearer scraper"}).content


def test_why_names_the_time_that_was_asked_for_and_the_missing_worker(transactional_db: None) -> None:
    Tenant.objects.get_or_create(slug="default", defaults={"name": "Default"})
    from jobs.infra.redis import client

    client().flushdb()
    later = sample_jobs.double.submit(Number(number=1), delay=timedelta(hours=1))
    assert [(gate.name, gate.opens_at) for gate in why(later)] == [("run_time", later.run_at)]
    first, second = (sample_jobs.double.submit(Number(number=n)) for n in (1, 2))
    lifecycle.record()
    for job in (first, second):
        job.refresh_from_db()
    assert [gate.name for gate in why(second)] == ["no_worker", "line"]
    assert "1 message stands" in why(second)[1].detail
    assert submission.publish([first]) == 0


def test_the_command_line_lists_pauses_and_resumes(platform: None) -> None:
    call_command("queues", "pause", "bulk", "--why", "night")
    out = StringIO()
    call_command("queues", "list", stdout=out)
    assert "paused" in out.getvalue()
    call_command("queues", "resume", "bulk")
    assert broker.paused() == {}
    with pytest.raises(CommandError, match="nowhere"):
        call_command("queues", "pause", "nowhere")
    until(_seen, 20)
    out = StringIO()
    call_command("workers", "list", stdout=out)
    assert workers()[0].name.split("@")[0] in out.getvalue()
    with pytest.raises(CommandError, match="ghost"):
        call_command("workers", "stop", "ghost")
    steering.resume("bulk", "tests")


# The page


@pytest.fixture
def operator(platform: None) -> Client:
    return signed_in("olga", Role.OPERATOR)


def test_the_page_shows_what_was_done_and_steers(operator: Client, ended: Ended) -> None:
    ended(sample_jobs.double.submit(Number(number=1)))
    until(_seen, 20)
    page = operator.get("/ops/").content.decode()
    assert "<rect" in page
    assert workers()[0].name in page
    assert workers()[0].name in operator.get("/ops/workers/").content.decode()
    page = operator.post("/ops/queues/bulk/pause", {"why": "night"}, follow=True).content.decode()
    assert "paused by olga: night" in page
    assert "The queue bulk is open again." in operator.post("/ops/queues/bulk/resume", follow=True).content.decode()
    assert "There is no queue" in operator.post("/ops/queues/nowhere/pause", follow=True).content.decode()
    assert "No worker" in operator.post("/ops/workers/ghost", {"act": "stop"}, follow=True).content.decode()


def test_an_empty_installation_has_a_page_too(operator: Client) -> None:
    assert "No job has started or ended in this time." in operator.get("/ops/?window=30d").content.decode()


def test_the_page_is_for_staff(platform: None, client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("bob"))
    assert client.get("/ops/").status_code == 302
    assert client.post("/ops/queues/bulk/pause").status_code == 302
    assert broker.paused() == {}


def test_the_page_asks_the_same_number_of_questions_however_much_there_is(operator: Client, django_assert_max_num_queries: Any) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    minutes = [now - timedelta(minutes=m) for m in range(60)]
    rows = [Tally(minute=m, type=f"t.n{t}", queue="default", what="succeeded", count=9) for m in minutes for t in range(50)]
    Tally.objects.bulk_create(rows)
    with django_assert_max_num_queries(15):
        assert operator.get("/ops/").status_code == 200


def test_a_plain_task_that_waits_for_its_time_is_seen_and_can_be_cancelled(platform: None) -> None:
    job = sample_jobs.double.submit(Number(number=1), delay=timedelta(minutes=5))
    waits = sample_jobs.plain.apply_async((1, 2), countdown=600)
    out = StringIO()
    call_command("delayed", "list", stdout=out)
    assert all(text in out.getvalue() for text in (str(job.pk), waits.id, "sample.plain", "2 wait"))
    with pytest.raises(CommandError, match="is a job"):
        call_command("delayed", "cancel", str(job.pk))
    call_command("delayed", "cancel", waits.id, stdout=out)
    with pytest.raises(TaskRevokedError, match="cancelled"):
        waits.get(timeout=20)
    assert broker.delayed() == 1
    with pytest.raises(CommandError, match="waits for its time"):
        call_command("delayed", "cancel", waits.id)
