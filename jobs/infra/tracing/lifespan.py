"""ASGI: the server stops, and what is held back of its traces is sent. Python's own ending comes too late: a signal ends uvicorn."""

from asgiref.sync import sync_to_async

from jobs.infra.slow_readers import App, Receive, Scope, Send
from jobs.infra.tracing import traces


def flushing(app: App) -> App:
    """The same app; where traces are on it also answers the server's lifespan, of which Django knows nothing."""
    if not traces().on:
        return app

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await app(scope, receive, send)
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await sync_to_async(traces().flush, thread_sensitive=False)()
        return await send({"type": "lifespan.shutdown.complete"})

    return answer
