"""The live part of a job's page, sent again by SSE whenever it changes.

Journal entries only wake the stream; what it sends is always the present state, read anew. So a page that was away, or
missed an entry, is right with the first thing it hears.
"""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string, select_template

from jobs.core.errors import NotFound
from jobs.core.states import State
from jobs.infra.feed import Interest, feed
from jobs.infra.stream import HEARTBEAT, in_thread, response
from jobs.models import Job
from jobs.queries import jobs as queries
from jobs.queries.carried import hide
from jobs.queries.roles import may_open
from jobs.queries.why import why
from jobs.services import tenants

# The journal told of the end; the recorder writes it any moment.
RECORDER = timedelta(milliseconds=200)


def view_of(job: Job, user: Any) -> dict[str, Any]:
    """What the job's page shows the user. `settled`: nothing will change any more, the rows say all."""
    opens = may_open(user, job)
    state = State(job.state)
    events, attempts = queries.timeline(job), queries.attempts(job)
    if not opens:
        hide(job, events, attempts)
    return {
        "job": job,
        "progress": _progress(job),
        "events": events,
        "attempts": attempts,
        "opens": opens,
        "steers": user.is_staff,
        "may_cancel": opens and not state.ended and not job.cancel_requested_at,
        "may_retry": opens and state in (State.DEAD, State.CANCELLED) and not job.plain,
        "gates": why(job, opens=opens) if not state.ended and state is not State.RUNNING else [],
        "settled": state.ended and not job.provisional,
        "outcome": select_template([f"jobs/outcome/{job.type}.html", "jobs/outcome/any.html"]).template.name,
    }


def _progress(job: Job) -> dict[str, Any] | None:
    known = job.progress or {}
    done, total = known.get("done"), known.get("total")
    if not total or done is None:
        return None
    percent = min(100, 100 * done // total)
    # Told to screen readers at each quarter, not at each line.
    return {"done": done, "total": total, "percent": percent, "quarter": percent // 25 * 25, "message": known.get("message", "")}


async def stream(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events: `state` with the fragment at each change, `end` when there will be no other."""
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=401)
    if not await sync_to_async(_may_see)(user, job_id):
        raise Http404
    return response(messages(user, job_id))


def _may_see(user: Any, job_id: uuid.UUID) -> bool:
    try:
        queries.seen_by(user, tenants.of_user(user), job_id)
    except NotFound:
        return False
    finally:
        # The stream may live for an hour, and this thread with it: it keeps no connection.
        if not connection.in_atomic_block:
            connection.close()
    return True


async def messages(user: Any, job_id: uuid.UUID) -> AsyncIterator[str]:
    """The stream, message by message, until nothing will change any more."""
    yield "retry: 1000\n\n"
    async with feed().subscribe(Interest(subject=str(job_id))) as changes:
        sent = ""
        while True:
            html, ended, settled = await _render(user, job_id)
            if html != sent:
                sent = html
                yield message("state", html)
            if settled:
                yield message("end", "")
                return
            if not await changes.next(RECORDER if ended else HEARTBEAT):
                yield ": still here\n\n"


def message(event: str, text: str) -> str:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {event}\n{lines}\n"


def _rendered(user: Any, job_id: uuid.UUID) -> tuple[str, bool, bool]:
    view = view_of(queries.seen_by(user, tenants.of_user(user), job_id), user)
    return render_to_string("jobs/live.html", view), State(view["job"].state).ended, view["settled"]


# Shared threads, so that many streams render few at a time.
_render = in_thread(_rendered)
