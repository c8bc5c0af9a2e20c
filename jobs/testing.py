"""The front door for tests: run jobs without a broker, and see what was submitted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from jobs.core.job_type import registry
from jobs.core.outcomes import Cancelled, Retry, Snooze, settle
from jobs.core.states import State
from jobs.declare import DeclaredJob, JobContext
from jobs.models import Job
from jobs.models.tenant import DEFAULT_TENANT

PATIENCE = 100


@dataclass
class Performed:
    """What a job did: what it returned, as it would be stored, and each progress it told."""

    result: Any = None
    told: list[dict[str, Any]] = field(default_factory=list)


def perform(
    job: DeclaredJob[Any, Any],
    payload: BaseModel | Mapping[str, Any],
    *,
    id: str = "00000000-0000-7000-8000-000000000000",
    tenant: str = DEFAULT_TENANT,
    attempt: int = 1,
    cancel_after: int | None = None,
) -> Performed:
    """Run the job's function once, here. What it raises is raised; `cancel_after` asks it to stop at that many told progresses."""
    performed = Performed()

    def tell(done: dict[str, Any]) -> str:
        performed.told.append(done)
        return "cancel" if cancel_after is not None and len(performed.told) > cancel_after else ""

    ctx = JobContext(id, tenant, attempt, job.type.retry.max_attempts, tell)
    data = payload.model_dump(mode="json") if isinstance(payload, BaseModel) else payload
    performed.result = job.type.dump_result(job.type.function(ctx, job.type.accept(data)))
    return performed


def submitted(job: DeclaredJob[Any, Any]) -> list[Job]:
    """The jobs of that type in the database, the oldest first."""
    return list(Job.objects.filter(type=job.type.name).order_by("pk"))


def assert_submitted(job: DeclaredJob[Any, Any], **data: Any) -> Job:
    """That a job was submitted whose payload has these values; answers the first such. Fails with what was submitted instead."""
    found = submitted(job)
    for row in found:
        if all(row.payload.get(name) == value for name, value in data.items()):
            return row
    instead = "\n".join(f"  {row.payload}" for row in found) or "  nothing"
    raise AssertionError(f"No {job.type.name} was submitted with {data}. Submitted:\n{instead}")


def run_submitted(at_most: int = 1000) -> list[Job]:
    """Run each open job of the database here, retries at once and by their policy, until none is left; answers them as they ended."""
    ran: list[Job] = []
    while rows := list(Job.objects.open().filter(plain=False).select_related("tenant").order_by("-priority", "pk")):
        for row in rows:
            if len(ran) >= at_most:
                raise AssertionError(f"More than {at_most} jobs ran; does one submit itself for ever?")
            ran.append(_run(row))
    return ran


def _run(row: Job) -> Job:
    job_type = registry.get(row.type)
    for _ in range(PATIENCE):
        ctx = JobContext(str(row.pk), row.tenant.slug, row.attempt + 1, row.attempts, lambda done: "")
        try:
            return _end(row, State.SUCCEEDED, result=job_type.dump_result(job_type.function(ctx, job_type.accept(row.payload))))
        except Cancelled:
            return _end(row, State.CANCELLED)
        except Snooze:
            continue
        except Exception as failure:  # settled by the job's policy, as in a worker
            outcome = settle(failure, row.attempt + 1, row.attempts, job_type.retry, 0.0)
            if not isinstance(outcome, Retry):
                error = {"type": type(failure).__name__, "message": str(failure), "reason": outcome.reason}
                return _end(row, State.DEAD, error=error)
            row.attempt += 1
    raise AssertionError(f"{row} was snoozed {PATIENCE} times; what it waits for does not come.")


def _end(row: Job, state: State, **values: Any) -> Job:
    """A test database has no recorder behind it: the row is written here."""
    row.state, row.attempt = state, row.attempt + 1
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return row
