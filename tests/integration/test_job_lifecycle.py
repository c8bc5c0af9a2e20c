"""Jobs through a real worker, a real Redis and a real PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from celery.result import AsyncResult

from jobs.core.errors import IdempotencyConflict, InvalidPayload
from jobs.core.states import State
from jobs.infra import broker, state
from jobs.infra.redis import client
from jobs.models import Event, Job
from jobs.queries import metrics
from jobs.services import lifecycle, operations
from tests.integration.conftest import values
from tests.support import sample_jobs
from tests.support.sample_jobs import File, Nothing, Number

Ended = Callable[..., Job]


def test_a_job_runs_and_its_row_tells_the_end(ended: Ended) -> None:
    job = ended(sample_jobs.double.submit(Number(number=21)))
    assert (job.state, job.result, job.attempt) == (State.SUCCEEDED, 42, 1)
    assert values(Event.objects.filter(subject=str(job.pk)), "name") == ["job.queued", "job.started", "job.succeeded"]


def test_a_failure_is_tried_again_and_the_row_keeps_each_attempt(ended: Ended) -> None:
    job = ended(sample_jobs.recover.submit(Nothing()))
    assert (job.state, job.result, job.error) == (State.SUCCEEDED, "well again", None)
    assert values(job.tries, "number", "state") == [(1, "failed"), (2, "succeeded")]


def test_a_job_out_of_attempts_is_dead_and_its_message_is_a_dead_letter(ended: Ended) -> None:
    job = ended(sample_jobs.fail.submit(Nothing()))
    assert (job.state, job.attempt, job.error["reason"]) == (State.DEAD, 3, "retries_exhausted")
    letter = orjson.loads(client().lindex(broker.ready_key(broker.DEAD_LETTER, 10), 0))
    assert letter["headers"]["id"] == str(job.pk)
    assert letter["headers"]["x-dead-letter"]["reason"] == "retries_exhausted"


def test_a_job_that_gives_up_is_not_tried_again(ended: Ended) -> None:
    job = ended(sample_jobs.give_up.submit(Nothing()))
    assert (job.state, job.attempt, job.error["reason"]) == (State.DEAD, 1, "not_retryable")


def test_a_snooze_burns_no_attempt(ended: Ended, tmp_path: Path) -> None:
    job = ended(sample_jobs.snooze.submit(File(path=str(tmp_path / "seen"))))
    assert (job.state, job.result) == (State.SUCCEEDED, "attempt 1")


def test_a_running_job_stops_when_asked(ended: Ended) -> None:
    job = ended(sample_jobs.forever.submit(Nothing()), until=lambda job: job.state == State.RUNNING)
    assert state.cancel(str(job.pk), "default", job.turn) == "requested"
    assert ended(job).state == State.CANCELLED


def test_a_delayed_job_waits_in_redis_and_then_runs(ended: Ended) -> None:
    job = sample_jobs.double.submit(Number(number=2), delay=timedelta(seconds=1))
    assert client().zcard(broker.delayed_key()) == 1
    job = ended(job)
    assert job.result == 4
    assert job.started_at >= job.submitted_at + timedelta(seconds=1)


def test_a_plain_task_is_journaled_and_its_result_can_be_read(ended: Ended) -> None:
    sent = sample_jobs.plain.apply_async((2, 3))
    assert AsyncResult(sent.id).get(timeout=10) == 5
    while lifecycle.record():
        pass
    row = Job.objects.get(pk=sent.id)
    assert (row.plain, row.type, row.state, row.result) == (True, "sample.plain", State.SUCCEEDED, 5)


def test_a_known_key_answers_the_first_job(platform: None) -> None:
    first = sample_jobs.double.submit(Number(number=1), key="k")
    assert sample_jobs.double.submit(Number(number=1), key="k").pk == first.pk
    with pytest.raises(IdempotencyConflict):
        sample_jobs.double.submit(Number(number=2), key="k")


def test_a_wrong_payload_is_refused_before_anything_is_stored(platform: None) -> None:
    with pytest.raises(InvalidPayload):
        sample_jobs.double.delay(number="many")
    assert not Job.objects.exists()


def test_what_redis_forgot_is_published_again(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    job = sample_jobs.double.submit(Number(number=3), delay=timedelta(seconds=1))
    client().flushdb()
    monkeypatch.setattr(operations, "SETTLE", timedelta(0))
    assert operations.reconcile() == 1
    assert operations.reconcile() == 0
    assert ended(job).result == 6
    assert b'conveyor_jobs_reconciled_total{queue="default",type="sample.double"} 1.0' in metrics.text()


def test_a_plain_task_with_a_countdown_runs_when_it_is_due_though_nothing_else_comes(platform: None) -> None:
    assert sample_jobs.plain.apply_async((1, 2), countdown=0.3).get(timeout=10) == 3
