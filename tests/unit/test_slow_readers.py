"""A reader of a stream who takes nothing is cut off; others are not touched."""

import asyncio
from datetime import timedelta
from typing import Any

from jobs.infra.slow_readers import cutting

PATIENCE = timedelta(milliseconds=50)


def app_of(kind: bytes, ended: list[bool]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
            await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        finally:
            ended.append(True)

    return app


async def stuck(message: Any = None) -> None:
    """A socket that takes the head of the answer and nothing more."""
    if message["type"] == "http.response.body":
        await asyncio.Event().wait()


def test_a_stream_that_nobody_reads_ends() -> None:
    ended: list[bool] = []
    asyncio.run(cutting(app_of(b"text/event-stream; charset=utf-8", ended), PATIENCE)({"type": "http", "path": "/"}, stuck, stuck))
    assert ended


def test_a_slow_download_goes_on() -> None:
    async def run() -> None:
        answer = asyncio.ensure_future(cutting(app_of(b"text/csv", []), PATIENCE)({"type": "http", "path": "/"}, stuck, stuck))
        done, _ = await asyncio.wait([answer], timeout=0.5)
        assert not done
        answer.cancel()

    asyncio.run(run())


def test_what_is_no_request_passes() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(cutting(app)({"type": "lifespan"}, stuck, stuck))
    assert seen == ["lifespan"]
