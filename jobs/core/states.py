"""The states of a job, and why a job is dead. The picture is in docs/reference/states.md."""

from enum import StrEnum


class State(StrEnum):
    SUBMITTED = "submitted"
    SCHEDULED = "scheduled"
    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in ENDED


ENDED = frozenset({State.SUCCEEDED, State.DEAD, State.CANCELLED})
OPEN = frozenset(State) - ENDED
# A published message stands for the job in these states.
PUBLISHED = frozenset({State.WAITING, State.QUEUED, State.RUNNING, State.RETRYING})


class Reason(StrEnum):
    """Why a job will not be tried again."""

    RETRIES_EXHAUSTED = "retries_exhausted"
    NOT_RETRYABLE = "not_retryable"
    TIMED_OUT = "timed_out"
    WORKER_LOST = "worker_lost"
    UNKNOWN_TYPE = "unknown_type"
    UNDECODABLE = "undecodable"
    INVALID_PAYLOAD = "invalid_payload"
    EXPIRED = "expired"


class AttemptState(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SNOOZED = "snoozed"
    LOST = "lost"
    CANCELLED = "cancelled"
