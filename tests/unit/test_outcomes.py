from datetime import timedelta

import pytest

from jobs.core.backoff import Backoff
from jobs.core.outcomes import BadPayload, Dead, Expired, GiveUp, Retry, TimedOut, WorkerLost, settle
from jobs.core.states import Reason

POLICY = Backoff(give_up_on=(KeyError,))


@pytest.mark.parametrize("failure", [ValueError("no"), TimedOut(), WorkerLost()])
def test_a_failure_is_tried_again_while_attempts_are_left(failure: Exception) -> None:
    assert settle(failure, 1, 3, POLICY, dice=0) == Retry(timedelta(seconds=1))


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(ValueError("no"), Reason.RETRIES_EXHAUSTED), (TimedOut(), Reason.TIMED_OUT), (WorkerLost(), Reason.WORKER_LOST)],
)
def test_after_the_last_attempt_the_job_is_dead_and_says_why(failure: Exception, reason: Reason) -> None:
    assert settle(failure, 3, 3, POLICY, dice=0) == Dead(reason)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (GiveUp(), Reason.NOT_RETRYABLE),
        (KeyError("sku"), Reason.NOT_RETRYABLE),
        (BadPayload(), Reason.INVALID_PAYLOAD),
        (Expired(), Reason.EXPIRED),
    ],
)
def test_a_hopeless_failure_is_dead_at_once(failure: Exception, reason: Reason) -> None:
    assert settle(failure, 1, 3, POLICY, dice=0) == Dead(reason)
