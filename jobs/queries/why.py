"""Why is this job waiting? Everything that stands in its way, and when it may open."""

from dataclasses import dataclass
from datetime import UTC, datetime

from jobs.core.job_type import QUEUES
from jobs.core.states import State
from jobs.infra import broker, state
from jobs.models import Job
from jobs.queries.activity import serving


@dataclass(frozen=True, slots=True)
class Gate:
    """`opens_at` is None where nobody knows."""

    name: str
    detail: str
    opens_at: datetime | None = None


def why(job: Job) -> list[Gate]:
    """The gates before the job, the first to open last; none for a job that runs or has ended. Raises redis.RedisError."""
    if job.state == State.SUBMITTED:
        return [Gate("unpublished", "Its message is not on the broker yet; it is published again every few seconds.")]
    if job.state == State.SCHEDULED:
        return [Gate("run_time", "It was asked to start later.", job.run_at)]
    if job.state in (State.RETRYING, State.WAITING):
        return [_later(job)]
    return _in_line(job) if job.state == State.QUEUED else []


def _later(job: Job) -> Gate:
    hot = state.read([str(job.pk)]).get(str(job.pk))
    due = int(hot.fields.get("due") or 0) if hot else 0
    opens = datetime.fromtimestamp(due / 1000, UTC) if due else None
    if job.state == State.RETRYING:
        return Gate("backoff", f"Attempt {job.attempt} of {job.attempts} failed; it is tried again after a pause.", opens)
    return Gate("snoozed", "The job asked to be run later.", opens)


def _in_line(job: Job) -> list[Gate]:
    gates = []
    if paused := broker.paused().get(job.queue):
        gates.append(Gate("paused_queue", f"The queue {job.queue} was paused by {paused['by']}: {paused['why'] or 'no reason was given'}."))
    if job.queue in QUEUES and not serving()[job.queue]:
        gates.append(Gate("no_worker", f"No worker serves the queue {job.queue}."))
    ahead = broker.place(job.queue, job.priority, str(job.pk))
    if ahead:
        gates.append(Gate("line", f"{ahead:,} messages stand before it in the queue {job.queue}."))
    return gates or [Gate("line", "It is next, or with a worker that starts it any moment.")]
