"""How an attempt ends, and the rule that decides it."""

from dataclasses import dataclass
from datetime import timedelta

from jobs.core.backoff import Backoff
from jobs.core.states import Reason


class GiveUp(Exception):
    """Raised by a job: no further try makes sense. The job is dead at once (`not_retryable`)."""


class Cancelled(Exception):
    """Raised inside a job that was asked to stop."""


class Snooze(Exception):
    """Raised by a job: not now, later. Burns no attempt."""

    def __init__(self, for_: timedelta, why: str = "") -> None:
        super().__init__(why or f"snoozed for {for_}")
        self.for_ = for_


class TimedOut(Exception):
    """The attempt ran longer than its job type allows."""


class WorkerLost(Exception):
    """The worker process died under the attempt."""


class Expired(Exception):
    """The job was to start before a moment that has passed."""


class BadPayload(Exception):
    """The stored payload no longer fits the job type's model."""


# Failures that another try can't mend, and those that name their own reason once the tries are used up.
HOPELESS: dict[type[BaseException], Reason] = {
    GiveUp: Reason.NOT_RETRYABLE,
    BadPayload: Reason.INVALID_PAYLOAD,
    Expired: Reason.EXPIRED,
}
NAMED: dict[type[BaseException], Reason] = {TimedOut: Reason.TIMED_OUT, WorkerLost: Reason.WORKER_LOST}


@dataclass(frozen=True, slots=True)
class Retry:
    after: timedelta


@dataclass(frozen=True, slots=True)
class Dead:
    reason: Reason


def settle(failure: BaseException, attempt: int, attempts: int, policy: Backoff, dice: float) -> Retry | Dead:
    """What follows the failure of attempt number `attempt` of `attempts`: another try, or none and why."""
    for kind, reason in HOPELESS.items():
        if isinstance(failure, kind):
            return Dead(reason)
    if isinstance(failure, policy.give_up_on):
        return Dead(Reason.NOT_RETRYABLE)
    if attempt < attempts:
        return Retry(policy.delay(attempt, dice))
    return Dead(next((r for kind, r in NAMED.items() if isinstance(failure, kind)), Reason.RETRIES_EXHAUSTED))
