"""Why is this job waiting? Everything that stands in its way, its place in the line, when it may open, and how to open it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from jobs.core.job_type import QUEUES
from jobs.core.states import State
from jobs.infra import broker, gates, state
from jobs.models import Job
from jobs.queries import standing
from jobs.queries.activity import serving


@dataclass(frozen=True, slots=True)
class Gate:
    """`opens_at` is None where nobody knows. `place`: how many stand before the job in this line; None outside of it.

    `opens_with` names what an operator can do: a kind of page, and the name there.
    """

    name: str
    detail: str
    opens_at: datetime | None = None
    place: int | None = None
    opens_with: tuple[str, str] | None = None


def why(job: Job, *, opens: bool = True) -> list[Gate]:
    """The gates before the job; none for a job that runs or has ended. Without `opens` no value of the payload by which a limit counts.
    Raises redis.RedisError."""
    if State(job.state).ended or job.state == State.RUNNING:
        return []
    hot = state.read([str(job.pk)]).get(str(job.pk))
    shut = _shut(job, hot.fields, opens) if hot else []
    if job.state == State.SUBMITTED:
        return [Gate("unpublished", "Its message is not on the broker yet; it is published again every few seconds.")]
    if job.state == State.SCHEDULED:
        return [Gate("run_time", "It was asked to start later.", job.run_at), *shut]
    if job.state == State.RETRYING:
        return [Gate("backoff", f"Attempt {job.attempt} of {job.attempts} failed; it is tried again after a pause.", _due(hot)), *shut]
    if job.state == State.WAITING:
        return shut or [_between(hot)]
    return _in_line(job)


def _shut(job: Job, hot: dict[str, str], opens: bool) -> list[Gate]:
    """Its gates that are shut, and the one in whose line it stands, which comes first."""
    looks = gates.look(hot.get("gates", "").split("\n") if hot.get("gates") else [], str(job.pk))
    found = [look for look in looks if look.gate == hot.get("gate")] + [
        look for look in looks if look.shut and look.gate != hot.get("gate") and hot.get("gate")
    ]
    return [_gate(look, opens) for look in found]


def _gate(look: gates.Look, opens: bool) -> Gate:
    said = standing.describe(look, opens=opens)
    return Gate(said.name, said.detail, look.opens_at, look.place, said.opens_with)


def _due(hot: state.Hot | None) -> datetime | None:
    due = int(hot.fields.get("due") or 0) if hot else 0
    return datetime.fromtimestamp(due / 1000, UTC) if due else None


def _between(hot: state.Hot | None) -> Gate:
    if hot and hot.fields.get("gates") and not hot.fields.get("due"):
        return Gate("line", "Its gates are open; it goes to its queue any moment.")
    return Gate("snoozed", "The job asked to be run later.", _due(hot))


def _in_line(job: Job) -> list[Gate]:
    found = []
    if paused := broker.paused().get(job.queue):
        detail = f"The queue {job.queue} was paused by {paused['by']}: {paused['why'] or 'no reason was given'}."
        found.append(Gate("paused_queue", detail, opens_with=("pause", f"queue:{job.queue}")))
    if job.queue in QUEUES and not serving()[job.queue]:
        found.append(Gate("no_worker", f"No worker serves the queue {job.queue}."))
    ahead = broker.place(job.queue, job.priority, str(job.pk))
    if ahead:
        words = "message stands" if ahead == 1 else "messages stand"
        found.append(Gate("line", f"{ahead:,} {words} before it in the queue {job.queue}.", place=ahead))
    return found or [Gate("line", "It is next, or with a worker that starts it any moment.")]
