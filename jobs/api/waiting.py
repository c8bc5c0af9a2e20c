"""The answer to any call that submits a job: accepted, or with `Prefer: wait=N` (RFC 7240) the end itself."""

import re
import time
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Status

from jobs.api import schemas
from jobs.core.states import State
from jobs.infra.endings import endings
from jobs.models import Job
from jobs.queries import jobs as queries

LONGEST_WAIT = 30.0
# Unasked, who waits looks again after so many seconds.
GLANCE = 1.0
RESPONSES = {200: schemas.JobOut, 202: schemas.Accepted}


def answer(request: HttpRequest, response: HttpResponse, job: Job) -> Status[Any]:
    """202 with where to look; 200 with the finished job when the caller waits and it ends in time."""
    ended = end(request, response, job)
    return Status(200, schemas.job_out(ended)) if ended else Status(202, accepted(job))


def end(request: HttpRequest, response: HttpResponse, job: Job) -> Job | None:
    """The finished job, when the caller waits and it ends in time; says in the headers where to look and how long it waited."""
    response["Location"] = reverse("api:job", args=[job.pk])
    seconds = _wait(request.headers.get("Prefer", ""))
    if seconds:
        response["Preference-Applied"] = f"wait={seconds:g}"
    return await_end(job, seconds)


def accepted(job: Job) -> dict[str, Any]:
    return {"job_id": job.pk, "status": "accepted", "estimated_completion": job.run_at}


def _wait(prefer: str) -> float:
    found = re.search(r"\bwait=(\d{1,6})\b", prefer)
    return min(float(found[1]), LONGEST_WAIT) if found else 0.0


def await_end(job: Job, seconds: float) -> Job | None:
    """The finished job, if it ends within that time."""
    if seconds <= 0:
        return None
    deadline = time.monotonic() + seconds
    with endings.bell(str(job.pk)) as bell:
        while (left := deadline - time.monotonic()) > 0:
            if State(queries.freshen([job])[0].state).ended:
                return job
            _lend_connection()
            bell.wait(min(left, GLANCE))
            bell.clear()
    return None


def _lend_connection() -> None:
    """A pool has fewer connections than there are requests that wait: who waits needs none."""
    if "pool" in connection.settings_dict["OPTIONS"] and not connection.in_atomic_block:
        connection.close()
