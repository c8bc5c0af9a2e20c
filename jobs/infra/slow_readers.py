"""ASGI: a reader of a stream who takes nothing for too long is cut off. It knows the last event it got, and resumes there."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from typing import Any

import structlog

log = structlog.get_logger(__name__)
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# The server hands on what a socket takes, keeps some 64 KiB more, and then lets us wait.
PATIENCE = timedelta(seconds=30)


def cutting(app: App, patience: timedelta = PATIENCE) -> App:
    """The same app, whose event streams end when one message can't be handed on for so long."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        streams = False

        async def hand_on(message: Message) -> None:
            nonlocal streams
            if message["type"] == "http.response.start":
                streams = any(name == b"content-type" and b"text/event-stream" in value for name, value in message["headers"])
            if streams:
                await asyncio.wait_for(send(message), patience.total_seconds())
            else:
                await send(message)

        try:
            return await app(scope, receive, hand_on)
        except TimeoutError:
            if not streams:
                raise
            log.info("stream.slow_reader_cut", path=scope["path"], client=scope.get("client"))

    return answer
