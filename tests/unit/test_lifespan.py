"""A server that stops: what its process holds back is sent before the signal ends it."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from jobs.infra.lifespan import flushing

Message = MutableMapping[str, Any]


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": scope["type"]})


def told(kind: str, *flushes: Any) -> list[str]:
    """What the server hears, in order, as it starts and stops, or asks one request."""
    asked, heard = iter(["lifespan.startup", "lifespan.shutdown"]), list[str]()

    async def receive() -> Message:
        heard.append(next(asked))
        return {"type": heard[-1]}

    async def send(message: Message) -> None:
        heard.append(message["type"])

    asyncio.run(flushing(app, *(lambda name=name: heard.append(name) for name in flushes))({"type": kind}, receive, send))
    return heard


def test_each_flush_is_called_between_the_wish_to_stop_and_its_answer() -> None:
    stops = ["lifespan.shutdown", "counts", "traces", "lifespan.shutdown.complete"]
    assert told("lifespan", "counts", "traces") == ["lifespan.startup", "lifespan.startup.complete", *stops]


def test_requests_pass_and_flush_nothing() -> None:
    assert told("http", "counts") == ["http"]
