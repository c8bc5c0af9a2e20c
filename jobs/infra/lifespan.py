"""ASGI: the server stops, and what this process holds back is sent. Python's own ending comes too late: a signal ends uvicorn."""

from collections.abc import Callable

from asgiref.sync import sync_to_async

from jobs.infra.slow_readers import App, Receive, Scope, Send


def flushing(app: App, *flushes: Callable[[], None]) -> App:
    """The same app; it also answers the server's lifespan, of which Django knows nothing, and at its end calls each of `flushes`."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await app(scope, receive, send)
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for flush in flushes:
            await sync_to_async(flush, thread_sensitive=False)()
        return await send({"type": "lifespan.shutdown.complete"})

    return answer
