"""What every stream of server-sent events needs: its response, its heartbeat, and a way to read without keeping a connection."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import StreamingHttpResponse

# A proxy closes what is silent for long.
HEARTBEAT = timedelta(seconds=15)
# A live page is brought up to date at most so often, and once more so long after the last event: by then rows and signs of life are
# there for certain.
PACE = timedelta(seconds=1)
SETTLED = timedelta(seconds=2)


def response(messages: AsyncIterator[str]) -> StreamingHttpResponse:
    """The messages as they come: nothing on the way may keep or gather them."""
    answer = StreamingHttpResponse(messages, content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer


def in_thread(read: Callable[..., Any]) -> Callable[..., Any]:
    """For the event loop: in one of a few threads shared by all streams, which keeps no connection to the database for it."""

    def asking(*args: Any) -> Any:
        try:
            return read(*args)
        finally:
            if not connection.in_atomic_block:
                connection.close()

    return sync_to_async(asking, thread_sensitive=False)
