"""The platform's own jobs."""

import time
from datetime import timedelta
from uuid import UUID

from jobs.core.job_type import MOST
from jobs.declare import Backoff, Cancelled, JobContext, Payload, job
from jobs.models import Bulk
from jobs.models.bulk import JOB_TYPE
from jobs.queries import bulks as queries
from jobs.services import bulks


class Nothing(Payload):
    number: int = 0


@job("platform.nothing")
def nothing(ctx: JobContext, payload: Nothing) -> int:
    """Do nothing: to try an installation, or to measure it."""
    return payload.number


class BulkOperation(Payload):
    bulk: UUID


@job(JOB_TYPE, priority=MOST, timeout=timedelta(hours=12), retry=Backoff(max_attempts=5), internal=True)
def bulk(ctx: JobContext, payload: BulkOperation) -> dict[str, int | str]:
    """Do something to every job that a search found."""
    operation = _step(payload.bulk)
    while not operation.ended:
        began, before = time.monotonic(), operation.looked_at
        _tell(ctx, operation)
        operation = _step(payload.bulk)
        # At its pace: what a step did is what it may take time for.
        time.sleep(max(0.0, (operation.looked_at - before) / operation.rate - (time.monotonic() - began)))
    return {"state": operation.state, "done": operation.done, "refused": operation.refused}


def _step(number: UUID) -> Bulk:
    return bulks.step(number, queries.of)


def _tell(ctx: JobContext, operation: Bulk) -> None:
    try:
        ctx.progress(min(operation.looked_at, operation.total), operation.total, str(operation))
    except Cancelled:
        bulks.abort(operation.pk, "a wish to cancel its job")
        raise
