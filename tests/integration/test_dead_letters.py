"""Dead letters from a real worker: kept once, replayed, purged; and the reasons with their real causes."""

import base64
import time
from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from django.utils import timezone

from jobs.core.errors import InvalidState
from jobs.core.states import State
from jobs.infra import broker
from jobs.infra.redis import client
from jobs.models import DeadLetter, Job
from jobs.services import dead_letters
from jobs.subscribers import dead_letters as consumer
from tests.support import sample_jobs
from tests.support.sample_jobs import Nothing, Number

Ended = Callable[..., Job]


def kept(count: int) -> list[DeadLetter]:
    """Let the consumer work until so many letters are rows."""
    deadline = time.monotonic() + 15
    consumer.drain(lambda: DeadLetter.objects.count() >= count or time.monotonic() > deadline, patience=0.1)
    rows = list(DeadLetter.objects.order_by("pk"))
    assert len(rows) == count
    return rows


def test_a_letter_has_the_message_the_reason_and_the_history(ended: Ended) -> None:
    job = ended(sample_jobs.fail.submit(Nothing()))
    (letter,) = kept(1)
    assert (letter.job, letter.type, letter.queue, letter.reason) == (job, "sample.fail", "default", "retries_exhausted")
    assert letter.message["headers"]["id"] == str(job.pk)
    assert "attempt 3" in letter.error["message"]
    assert "ValueError" in letter.error["traceback"]
    assert [h["number"] for h in letter.history] == [1, 2, 3]


def test_a_replay_with_edited_data_is_a_new_job_that_names_the_old(ended: Ended) -> None:
    old = Job.objects.get(pk=sample_jobs.double.submit(Number(number=1), expires_at=timezone.now() - timedelta(seconds=1)).pk)
    assert ended(old).state == State.DEAD
    (letter,) = kept(1)
    assert letter.reason == "expired"
    job = ended(dead_letters.replay(letter, {"number": 5}))
    assert (job.result, job.replay_of_id) == (10, old.pk)
    with pytest.raises(InvalidState, match="already"):
        dead_letters.replay(letter)


def test_a_stored_payload_that_no_longer_fits_is_invalid_payload(ended: Ended) -> None:
    job = sample_jobs.double.submit(Number(number=1), delay=timedelta(hours=1))
    Job.objects.filter(pk=job.pk).update(payload={"amount": 1}, run_at=None)
    client().flushdb()
    job.refresh_from_db()
    from jobs.services import submission

    submission.publish([job])
    assert ended(job).error["reason"] == "invalid_payload"
    assert kept(1)[0].reason == "invalid_payload"


def test_a_message_of_a_type_that_nobody_knows_is_kept(platform: None) -> None:
    headers = {"task": "sample.gone", "id": "8d1b2a5e-0000-4000-8000-000000000001", "lang": "py", "argsrepr": "()", "kwargsrepr": "{}"}
    body = [[], {"left": 1}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
    client().lpush("default", broker.wrap(body, headers, headers["id"], "default"))
    (letter,) = kept(1)
    assert (letter.reason, letter.type) == ("unknown_type", "sample.gone")


def test_a_body_that_cannot_be_decoded_is_kept(platform: None) -> None:
    message = orjson.loads(broker.wrap([], {"task": "sample.plain", "id": "x"}, "x", "default"))
    message["body"] = base64.b64encode(b"{never json").decode()
    client().lpush("default", orjson.dumps(message))
    (letter,) = kept(1)
    assert letter.reason == "undecodable"
    assert base64.b64decode(letter.message["body"]["raw"]) == b"{never json"


def test_purging_leaves_the_jobs(ended: Ended) -> None:
    ended(sample_jobs.give_up.submit(Nothing()))
    kept(1)
    assert dead_letters.purge(DeadLetter.objects.all()) == 1
    assert Job.objects.count() == 1
