"""The journal, as it grows, for the event loop: one reader a loop, however many follow it.

A follower hears what it is interested in. Entries wait for it in a bounded queue; when it is too slow, or Redis was away,
it `missed` some and must look where the truth is: in the rows, or in the journal after the place it knows. A pulse hears only
that something happened: of a flood it costs a look at each name of a batch, and no entry is decoded or kept for it.
"""

import asyncio
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Interest:
    """What a follower wants to hear: of one subject, of one tenant, of names that fit; "" and no names: of all."""

    subject: str = ""
    tenant: str = ""
    names: Callable[[str], bool] | None = None

    def fits(self, name: str, subject: str, tenant: str) -> bool:
        return (
            (not self.subject or subject == self.subject)
            and (not self.tenant or tenant == self.tenant)
            and (self.names is None or self.names(name))
        )


class _Listener:
    """Sleeps until it is stirred."""

    def __init__(self) -> None:
        self._stir = asyncio.Event()

    def wake(self) -> None:
        """Entries may have been missed: look again."""
        self._stir.set()

    async def next(self, patience: timedelta) -> bool:
        """Wait for what comes next; False when there was silence for so long."""
        try:
            # wait_for of Python 3.11 forgets that it was cancelled when what it waits for comes in the same moment.
            async with asyncio.timeout(patience.total_seconds()):
                await self._stir.wait()
        except TimeoutError:
            return False
        self._stir.clear()
        return True


class Follower(_Listener):
    """Entries of one interest, in order."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: deque[Entry] = deque()
        self.missed = False

    def hear(self, entry: Entry) -> None:
        if len(self._entries) == WAITING:
            self._entries.popleft()
            self.missed = True
        self._entries.append(entry)
        self._stir.set()

    def wake(self) -> None:
        self.missed = True
        super().wake()

    def take(self) -> list[Entry]:
        """What was heard since the last time."""
        heard = list(self._entries)
        self._entries.clear()
        self.missed = False
        return heard


class Pulse(_Listener):
    """That something happened, of whatever tenant, whose name fits; not what, nor how often."""

    def __init__(self, names: Callable[[str], bool]) -> None:
        super().__init__()
        self._names = names

    def feel(self, names: Collection[str]) -> None:
        if not self._stir.is_set() and any(map(self._names, names)):
            self._stir.set()


class Feed:
    """The reader and its followers."""

    def __init__(self) -> None:
        self._followers: dict[Interest, set[Follower]] = {}
        self._pulses: set[Pulse] = set()
        self._reader: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def subscribe(self, interest: Interest) -> AsyncIterator[Follower]:
        """Follow for the time of the block. The reader runs while anyone follows."""
        follower = Follower()
        self._followers.setdefault(interest, set()).add(follower)
        self._begin()
        try:
            yield follower
        finally:
            self._followers[interest].discard(follower)
            if not self._followers[interest]:
                del self._followers[interest]
            self._end()

    @asynccontextmanager
    async def pulse(self, names: Callable[[str], bool]) -> AsyncIterator[Pulse]:
        """Feel the pulse of such events for the time of the block."""
        pulse = Pulse(names)
        self._pulses.add(pulse)
        self._begin()
        try:
            yield pulse
        finally:
            self._pulses.discard(pulse)
            self._end()

    def _begin(self) -> None:
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read())

    def _end(self) -> None:
        if self._reader and not (self._followers or self._pulses):
            self._reader.cancel()
            self._reader = None

    def _is_wanted(self) -> bool:
        """Of the reader that asks: a client of Redis may have forgotten that it was cancelled (see `_Listener.next`)."""
        return self._reader is asyncio.current_task()

    async def _read(self) -> None:
        while self._is_wanted():
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
            while self._is_wanted():
                answer = await client.xread({journal_key(): position}, count=500, block=int(BLOCK.total_seconds() * 1000))
                names = set()
                for position, fields in journal.raw(answer):
                    names.add(fields.get("n", ""))
                    self._tell(position, fields)
                for pulse in self._pulses:
                    pulse.feel(names)

    def _tell(self, position: str, fields: dict[str, str]) -> None:
        """Each entry is read once, however many hear it."""
        told: Entry | None = None
        for interest, followers in self._followers.items():
            if interest.fits(fields.get("n", ""), fields.get("s", ""), fields.get("t", "")):
                told = told or journal.entry(position, fields)
                for follower in followers:
                    follower.hear(told)

    def count(self, tenant: str = "") -> int:
        """How many follow that tenant's events here; without one, how many follow at all."""
        followers = sum(len(followers) for interest, followers in list(self._followers.items()) if tenant in ("", interest.tenant))
        return followers if tenant else followers + len(self._pulses)

    def _wake_all(self) -> None:
        for listener in (*self._pulses, *(follower for followers in self._followers.values() for follower in followers)):
            listener.wake()


_feeds: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Feed]" = weakref.WeakKeyDictionary()


def following() -> int:
    """How many follow the journal in this process: its open event streams and live pages."""
    return sum(feed.count() for feed in list(_feeds.values()))


def feed() -> Feed:
    """The feed of this event loop."""
    return _feeds.setdefault(asyncio.get_running_loop(), Feed())
