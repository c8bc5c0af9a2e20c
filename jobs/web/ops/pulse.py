"""That something happened, for the operators' pages: server-sent events without content, at most one a second.

A page asks for itself anew when it hears one. So a flood of events costs the browser and this process no more than a trickle, a page that
slept is right with the first answer, and who may not see payloads hears none.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from jobs.core.errors import InvalidFilter
from jobs.core.patterns import any_of
from jobs.infra.feed import feed
from jobs.infra.stream import HEARTBEAT, PACE, SETTLED, in_thread, response
from jobs.queries.roles import looks_after_webhooks, role_of

# Before it is told, so that the recorder can write the rows that a page reads.
RECORDER = timedelta(milliseconds=250)
CHANGED = "event: changed\ndata:\n\n"
MOST_PATTERNS = 20


async def stream(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """`?hears=job.*&hears=alert.*`: events with such names, of all tenants. For the staff, and who looks after webhooks."""
    if not await in_thread(_may_hear)(await request.auser()):
        return HttpResponse(status=403)
    try:
        return response(messages(any_of(tuple(request.GET.getlist("hears")[:MOST_PATTERNS]))))
    except InvalidFilter as error:
        return HttpResponse(error.detail, status=422, content_type="text/plain")


def _may_hear(user: Any) -> bool:
    return role_of(user) is not None or looks_after_webhooks(user)


async def messages(names: Callable[[str], bool]) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async with feed().pulse(names) as pulse:
        patience = HEARTBEAT
        while True:
            if await pulse.next(patience):
                await asyncio.sleep(RECORDER.total_seconds())
                yield CHANGED
                await asyncio.sleep((PACE - RECORDER).total_seconds())
                patience = SETTLED
            else:
                yield CHANGED if patience is SETTLED else ": still here\n\n"
                patience = HEARTBEAT
