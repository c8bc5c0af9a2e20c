"""A person's list of jobs, and its live part: sent again by SSE whenever what it shows has changed.

Events of jobs, whoever's they are, only wake the stream; what it sends is the person's own list, read anew, and only where it differs
from what was sent. So nobody hears of another's jobs, and a page that was away is right with the first thing it hears.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string

from jobs.core.patterns import matcher
from jobs.core.states import State
from jobs.infra.feed import feed
from jobs.infra.stream import HEARTBEAT, PACE, SETTLED, in_thread, response
from jobs.queries import jobs as queries
from jobs.services import tenants
from jobs.web.live import message
from jobs.web.paging import cursor_of

PAGE = 25


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of the list is looked at; `after` is where the page begins."""

    status: str = ""
    everyone: bool = False
    after: UUID | None = None

    def address(self, after: str | UUID | None) -> str:
        """The same, from another place on, as the page's address has it."""
        words = {"status": self.status, "whose": "all" if self.everyone else "", "after": str(after or "")}
        return urlencode({name: word for name, word in words.items() if word})


def chosen(request: HttpRequest, user: Any = None) -> Chosen:
    """Raises Http404 for what can't be chosen. Everyone's jobs are for the staff; others who ask see their own."""
    status = request.GET.get("status", "")
    if status not in ("", *State):
        raise Http404(f"There is no status {status!r}.")
    return Chosen(status, request.GET.get("whose") == "all" and (user or request.user).is_staff, cursor_of(request))


def view_of(user: Any, chosen: Chosen) -> dict[str, Any]:
    """What the list's page shows the user."""
    rows = queries.search(tenants.of_user(user), status=chosen.status)
    found, cursor = queries.page(rows if chosen.everyone else rows.filter(submitted_by=user.pk), chosen.after, PAGE)
    jobs = queries.freshen(found)
    return {
        "jobs": jobs,
        "status": chosen.status,
        "states": list(State),
        "everyone": chosen.everyone,
        "moving": any(not State(job.state).ended for job in jobs),
        "here": chosen.address(chosen.after),
        "older": chosen.address(cursor) if cursor else "",
    }


async def stream(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events: `state` with the list at each change of it."""
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=401)
    return response(messages(user, chosen(request, user)))


async def messages(user: Any, chosen: Chosen) -> AsyncIterator[str]:
    """The stream, message by message. It looks when something happened, once more when the rows are there, and at each heartbeat."""
    yield "retry: 1000\n\n"
    async with feed().pulse(matcher("job.*")) as pulse:
        sent, heard = "", True
        while True:
            html = await _render(user, chosen)
            yield ": still here\n\n" if html == sent else message("state", html)
            sent = html
            await asyncio.sleep(PACE.total_seconds())
            heard = await pulse.next(SETTLED if heard else HEARTBEAT)


def _rendered(user: Any, chosen: Chosen) -> str:
    return render_to_string("jobs/listed.html", view_of(user, chosen))


# Shared threads, so that many streams render few at a time.
_render = in_thread(_rendered)
