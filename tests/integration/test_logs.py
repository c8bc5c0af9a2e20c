"""A request's id, from the door to the last step of the jobs that follow it."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from jobs.infra import steps
from jobs.models import Job, Tenant
from jobs.services import lifecycle, submission, tenants
from jobs.services.submission import Order

RETRIED = ["job.started", "job.retrying", "job.published"]
Ended = Callable[[Job], Job]


class Heard(logging.Handler):
    """What was logged, as structlog's values."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, dict):
            self.lines.append(record.msg)

    def of(self, job: object) -> list[str]:
        return [line["event"] for line in self.lines if line.get("job") == str(job) and line["logger"] == steps.NAME]


@pytest.fixture
def heard() -> Any:
    handler = Heard()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def headers(platform: None) -> dict[str, str]:
    secret = tenants.create_key(Tenant.objects.get(slug="default"), "tests", ["read", "submit"])[1]
    return {"authorization": f"Bearer {secret}", "x-request-id": "click-1"}


def asked(headers: dict[str, str], type: str, **data: Any) -> Job:
    answer = Client().post("/api/jobs", {"type": type, "data": data}, content_type="application/json", headers=headers)
    assert (answer.status_code, answer["X-Request-Id"]) == (202, "click-1")
    return Job.objects.get(pk=answer.json()["jobId"])


def test_an_answer_bears_the_id_of_its_request() -> None:
    assert Client().get("/healthz", headers={"x-request-id": "mine:7"})["X-Request-Id"] == "mine:7"
    made = {Client().get("/healthz", headers={"x-request-id": given})["X-Request-Id"] for given in ("", "not sane")}
    assert len(made) == 2
    assert all(len(id) == 32 for id in made)


def test_a_line_tells_how_a_request_was_answered(heard: Heard) -> None:
    Client().get("/healthz", headers={"x-request-id": "mine"})
    (line,) = [line for line in heard.lines if line["event"] == "http.answered"]
    assert (line["method"], line["path"], line["status"], line["request_id"]) == ("GET", "/healthz", 200, "mine")


def test_every_step_of_a_job_bears_the_id_of_its_request(headers: dict[str, str], ended: Ended, heard: Heard) -> None:
    job = ended(asked(headers, "sample.double", number=2))
    assert job.request_id == "click-1"
    # A worker may start the job before its publisher says so.
    assert sorted(heard.of(job.pk)) == ["job.published", "job.started", "job.submitted", "job.succeeded"]
    told = [line for line in heard.lines if line.get("job") == str(job.pk)]
    assert {(line["request_id"], line["tenant"], line["type"]) for line in told} == {("click-1", "default", "sample.double")}


def test_a_job_that_a_job_submits_belongs_to_the_same_request(headers: dict[str, str], ended: Ended, heard: Heard) -> None:
    first = ended(asked(headers, "sample.parent"))
    second = Job.objects.get(pk=first.result)
    assert second.request_id == "click-1"
    (said,) = [line for line in heard.lines if line["event"] == "parent.speaks"]
    known = {"job": str(first.pk), "type": "sample.parent", "tenant": "default", "attempt": 1, "request_id": "click-1"}
    assert known.items() <= said.items()


def test_an_event_stream_bears_the_id_as_well(headers: dict[str, str]) -> None:
    async def open_stream() -> Any:
        stream = await AsyncClient().get("/api/events?pattern=job.*", headers=headers)
        told = stream.status_code, stream["Content-Type"].partition(";")[0], stream["X-Request-Id"]
        stream.close()
        return told

    assert async_to_sync(open_stream)() == (200, "text/event-stream", "click-1")


@pytest.mark.parametrize(
    ("type", "steps"),
    [
        ("sample.fail", [*RETRIED, *RETRIED, "job.started", "job.dead"]),
        ("sample.give_up", ["job.started", "job.dead"]),
        ("sample.recover", [*RETRIED, "job.started", "job.succeeded"]),
    ],
)
def test_how_each_attempt_ended_is_told(type: str, steps: list[str], ended: Ended, heard: Heard) -> None:
    job = ended(submission.submit(Order(type, {})).job)
    told = heard.of(job.pk)
    # A worker may start the job before its publisher says so.
    told.remove("job.published")
    assert told == ["job.submitted", *steps]
    if steps[-1] == "job.dead":
        (last,) = [line for line in heard.lines if line["event"] == "job.dead"]
        assert {"reason", "error", "attempt", "turn"} <= last.keys()


def test_what_is_stopped_before_it_starts_is_told(transactional_db: None, platform: None, heard: Heard) -> None:
    job = submission.submit(Order("sample.double", {"number": 1}, delay=timedelta(minutes=5))).job
    assert lifecycle.cancel(job) == "cancelled"
    assert heard.of(job.pk) == ["job.submitted", "job.published", "job.cancelled"]


def test_nothing_is_told_where_nobody_listens(platform: None, ended: Ended, heard: Heard) -> None:
    logger = logging.getLogger(steps.NAME)
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        job = ended(submission.submit(Order("sample.double", {"number": 1})).job)
    finally:
        logger.setLevel(level)
    assert heard.of(job.pk) == []
