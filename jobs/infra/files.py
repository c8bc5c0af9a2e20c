"""The one home for sending a kept file, under ASGI and WSGI alike."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from django.http import FileResponse


class Attachment(FileResponse):
    """A file to be saved, never shown: so none can act as a page of the site. An event loop gets it bit by bit from a thread;
    Django's own would read all of it into memory first, and warns of that."""

    def __init__(self, file: Any, name: str, content_type: str) -> None:
        super().__init__(file, as_attachment=True, filename=name, content_type=content_type)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = iter(self)
        while part := await asyncio.to_thread(next, parts, b""):
            yield part
