"""The journal, as it grows, for the event loop: one reader a loop, however many follow it.

A follower hears of its subject only. Entries wait for it in a bounded queue; when it is too slow the oldest go, and when
Redis was away some may never come: so what it hears is a reason to look again, and the truth is where it looks.
"""

import asyncio
import weakref
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import redis
import structlog

from jobs.core.positions import START
from jobs.infra import journal
from jobs.infra.journal import Entry
from jobs.infra.redis import async_client, journal_key

log = structlog.get_logger(__name__)
WAITING = 100
BLOCK = timedelta(seconds=5)
AGAIN = timedelta(seconds=1)


class Follower:
    """Entries of one subject, in order."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=WAITING)
        self._stir = asyncio.Event()

    def hear(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._stir.set()

    def wake(self) -> None:
        """Entries may have been missed: look again."""
        self._stir.set()

    async def next(self, patience: timedelta) -> bool:
        """Wait for the next entries; False when there was silence for so long."""
        try:
            await asyncio.wait_for(self._stir.wait(), patience.total_seconds())
        except TimeoutError:
            return False
        self._stir.clear()
        return True

    def take(self) -> list[Entry]:
        """What was heard since the last time."""
        heard = list(self._entries)
        self._entries.clear()
        return heard


class Feed:
    """The reader and its followers."""

    def __init__(self) -> None:
        self._followers: dict[str, set[Follower]] = {}
        self._reader: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def subscribe(self, subject: str) -> AsyncIterator[Follower]:
        """Follow one subject for the time of the block. The reader runs while anyone follows."""
        follower = Follower()
        self._followers.setdefault(subject, set()).add(follower)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read())
        try:
            yield follower
        finally:
            self._leave(subject, follower)

    def _leave(self, subject: str, follower: Follower) -> None:
        self._followers[subject].discard(follower)
        if not self._followers[subject]:
            del self._followers[subject]
        if not self._followers and self._reader:
            self._reader.cancel()
            self._reader = None

    async def _read(self) -> None:
        while True:
            try:
                await self._follow_the_journal()
            except redis.RedisError as error:
                log.warning("feed.waiting", why=str(error))
                await asyncio.sleep(AGAIN.total_seconds())

    async def _follow_the_journal(self) -> None:
        client = async_client()
        async with client:
            newest = await client.xrevrange(journal_key(), count=1)
            position = str(newest[0][0]) if newest else START
            # What came before this place is in the state that a follower reads now.
            self._wake_all()
            while True:
                answer = await client.xread({journal_key(): position}, count=500, block=int(BLOCK.total_seconds() * 1000))
                for position, fields in journal.raw(answer):
                    for follower in self._followers.get(fields.get("s", ""), ()):
                        follower.hear(journal.entry(position, fields))

    def _wake_all(self) -> None:
        for followers in self._followers.values():
            for follower in followers:
                follower.wake()


_feeds: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Feed]" = weakref.WeakKeyDictionary()


def feed() -> Feed:
    """The feed of this event loop."""
    return _feeds.setdefault(asyncio.get_running_loop(), Feed())
