"""The names of the journal's events about jobs, listed once."""

from enum import StrEnum

from jobs.core.states import State

# Somebody did something: the event of jobs.services.audit.
ACTED = "audit.acted"


class JobEvent(StrEnum):
    QUEUED = "job.queued"
    SCHEDULED = "job.scheduled"
    HELD = "job.held"
    STARTED = "job.started"
    PROGRESSED = "job.progressed"
    RETRYING = "job.retrying"
    SNOOZED = "job.snoozed"
    RESCUED = "job.rescued"
    CANCEL_REQUESTED = "job.cancel_requested"
    CANCELLED = "job.cancelled"
    SUCCEEDED = "job.succeeded"
    DEAD = "job.dead"


# The state into which an event puts its job. Progress and a wish to cancel change none.
LEADS_TO: dict[JobEvent, State] = {
    JobEvent.QUEUED: State.QUEUED,
    JobEvent.SCHEDULED: State.SCHEDULED,
    JobEvent.HELD: State.WAITING,
    JobEvent.STARTED: State.RUNNING,
    JobEvent.RETRYING: State.RETRYING,
    JobEvent.SNOOZED: State.WAITING,
    JobEvent.RESCUED: State.QUEUED,
    JobEvent.CANCELLED: State.CANCELLED,
    JobEvent.SUCCEEDED: State.SUCCEEDED,
    JobEvent.DEAD: State.DEAD,
}
