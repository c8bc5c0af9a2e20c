"""Asking a job of seats and waiting for its answer, as every page does."""

from typing import Any

from django.http import HttpRequest

from jobs.api import waiting
from jobs.api.auth import person_of
from jobs.core.states import State
from jobs.declare import DeclaredJob, Payload
from jobs.models import Job, Tenant

PATIENCE = 10.0
TROUBLE = {"outcome": "refused", "code": "failed", "message": "That did not work. Nothing was changed; try it again."}
SLOW = {"outcome": "refused", "code": "slow", "message": "This takes longer than usual. Look again in a moment."}


def ask(request: HttpRequest, job: DeclaredJob[Any, Any], payload: Payload, tenant: Tenant) -> dict[str, Any]:
    """What the job answers; a refusal in words where it failed or does not answer in time."""
    submitted: Job = job.submit(payload, tenant=tenant, submitted_by=person_of(request))
    ended = waiting.await_end(submitted, PATIENCE)
    if ended is None:
        return SLOW
    return dict(ended.result) if ended.state == State.SUCCEEDED and ended.result else TROUBLE
