"""What this process has taken from the broker and not finished, and the sign of life that keeps it.

`held` is the truth of this side. Every renewal shows it to Redis, and whatever Redis has pending beyond it goes back to
its queue: a reply lost with its connection, a message given up. So there is one way back, and it repairs every fault.
"""

import atexit
import contextlib
import logging
import os
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import redis
from kombu.utils.encoding import bytes_to_str
from redis.commands.core import Script

from jobs.infra.lua import source
from jobs.infra.transport.keys import DEAD_LETTER, Keys

log = logging.getLogger(__name__)
LEASE = 10.0
RENEW_EVERY = 2.5
FLUSH_EVERY = 0.05
FLUSH_AT = 256
FETCH = source("fetch")
# So many delayed messages become ready in one fetch at most.
PROMOTED = 100


class Asked(NamedTuple):
    """A fetch under way: the numbers set aside for its messages, and what it tells Redis is done."""

    first: int
    wanted: int
    done: list[int]


class Arrival(NamedTuple):
    """A message taken; `deliveries` is empty the first time, else how many processes died with it."""

    number: int
    queue: str
    raw: bytes
    deliveries: bytes


class Lease:
    """One per process and broker; shared by its channels and their successors after a reconnection."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self.keys = keys
        self.process = os.getpid()
        self.consumer = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.pending = keys.pending(self.consumer)
        self.held: set[int] = set()
        self.users: set[int] = set()
        self._done: deque[int] = deque()
        self._next = 1
        # By the clock of Redis, in ms; and when renewals last came out of step, by ours.
        self._renewed = 0
        self._disturbed = 0.0
        # When Redis last heard of us, by our clock; what has a lower number than this may have gone elsewhere since.
        self._heard = time.monotonic()
        self._doubtful = 0
        self._lock = threading.Lock()
        self._renewing = threading.Lock()
        self._thread: threading.Thread | None = None
        atexit.register(self._at_exit)
        self._client = client
        self._renew: Script = client.register_script(source("renew"))
        self._settle: Script = client.register_script(source("settle"))
        self._postpone: Script = client.register_script(source("postpone"))

    def join(self, user: object) -> None:
        """Keep the lease alive while `user` consumes."""
        with self._lock:
            self.users.add(id(user))
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, name="conveyor-lease", daemon=True)
                self._thread.start()

    def leave(self, user: object) -> None:
        self.users.discard(id(user))

    def ask(self, wanted: int) -> Asked:
        """Set numbers aside for a fetch; `answered` or `failed` must follow."""
        with self._lock:
            first, self._next = self._next, self._next + wanted
            self.held.update(range(first, self._next))
        return Asked(first, wanted, self._take_done())

    def arguments(self, asked: Asked, wakes: list[str], ready: list[str]) -> list[Any]:
        """KEYS and ARGV of the fetch script, the number of keys before them."""
        keys = [self.keys.consumers, self.pending, self.keys.deliveries, self.keys.delayed, self.keys.paused, *wakes, *ready]
        numbers = [int(LEASE * 1000), asked.wanted, asked.first, len(wakes), PROMOTED]
        return [len(keys), *keys, self.consumer, *numbers, *asked.done]

    def answered(self, asked: Asked, answer: list[Any]) -> list[Arrival]:
        """What the fetch brought; the other numbers are free."""
        triples = zip(answer[1::3], answer[2::3], answer[3::3], strict=True)
        arrivals = [
            Arrival(asked.first + n, self.keys.queue(bytes_to_str(ready)), raw, deliveries)
            for n, (ready, raw, deliveries) in enumerate(triples)
        ]
        self.held.difference_update(asked.done)
        self.held.difference_update(range(asked.first + len(arrivals), asked.first + asked.wanted))
        return arrivals

    def failed(self, asked: Asked) -> None:
        """No answer will come; what it would have brought is not held, so the next renewal returns it."""
        self._done.extend(asked.done)
        self.give_back(range(asked.first, asked.first + asked.wanted))

    def give_back(self, numbers: Iterable[int]) -> None:
        """These will not be performed here; the next renewal returns them."""
        self.held.difference_update(numbers)

    def _doubt(self) -> None:
        if time.monotonic() - self._heard > LEASE:
            self._doubtful = self._next

    def has(self, tag: str) -> bool:
        """Is the message still ours? This process may have been paused for longer than its lease. Unknown while Redis is away: yes."""
        self._doubt()
        try:
            return int(tag) >= self._doubtful or self._client.hget(self.pending, tag) is not None
        except (redis.RedisError, OSError):
            return True

    def done(self, number: int) -> None:
        """Never raises and never waits for long: what fails now is sent again."""
        self._done.append(number)
        if len(self._done) >= FLUSH_AT:
            self._quietly(self.flush)

    def _take_done(self) -> list[int]:
        taken: list[int] = []
        while self._done and len(taken) < 1000:
            try:
                taken.append(self._done.popleft())
            except IndexError:
                break
        return taken

    def flush(self) -> None:
        """Tell Redis what is done."""
        while numbers := self._take_done():
            try:
                self._settled("", numbers)
            except redis.RedisError:
                self._done.extend(numbers)
                raise
            self.held.difference_update(numbers)

    def bury(self, number: int, letter: str) -> None:
        """Make the message a dead letter; when Redis does not answer it comes back instead."""
        self._quietly(lambda: self._settled(letter, [number]))
        self.give_back([number])

    def _settled(self, letter: str, numbers: list[int]) -> None:
        keys = [self.pending, self.keys.deliveries, self.keys.ready(DEAD_LETTER), self.keys.wake(DEAD_LETTER)]
        self._settle(keys=keys, args=[letter, *numbers])

    def postpone(self, number: int, due: int) -> bool:
        """Let the message wait for its time; False when it is due by the clock of Redis. Without an answer it comes back instead."""
        try:
            if not self._postpone(keys=[self.pending, self.keys.delayed], args=[number, due]):
                return False
        except (redis.RedisError, OSError) as error:
            log.warning("The broker did not answer: %s", error)
        self.give_back([number])
        return True

    def requeue(self, number: int) -> None:
        """The message was started and failed with its process: back to the front, and counted."""
        self._quietly(lambda: self.renew([number]))
        self.give_back([number])

    def return_now(self) -> None:
        """Give back at once what is no longer held."""
        self._quietly(self.flush)
        self._quietly(self.renew)

    def _at_exit(self) -> None:
        if self.process == os.getpid() and (self._done or self.held):
            # Quietly: where the log would be written may be closed by now.
            for act in (self.flush, self.renew):
                with contextlib.suppress(redis.RedisError, OSError):
                    act()

    def renew(self, counted: Iterable[int] = ()) -> None:
        """Show Redis that this process lives and what it holds."""
        with self._renewing:
            with self._lock:
                below, held = self._next, list(self.held)
            failed = list(counted)
            keys = [self.keys.consumers, self.pending, self.keys.deliveries, self.keys.pending("")]
            steady = time.monotonic() - self._disturbed > LEASE / 2
            args: list[Any] = [self.consumer, int(LEASE * 1000), self._renewed if steady else 0, below, len(failed), *failed, *held]
            now, restored = self._renew(keys=keys, args=args)
            if not 0 <= now - self._renewed < LEASE * 500:
                self._disturbed = time.monotonic()
            self._renewed = now
            self._doubt()
            self._heard = time.monotonic()
        if restored:
            log.info("%d messages went back to their queues", restored)

    def _keep(self) -> None:
        due = 0.0
        while True:
            if time.monotonic() >= due:
                due = time.monotonic() + (RENEW_EVERY if self._quietly(self.renew) else 0.5)
            if self._done:
                self._quietly(self.flush)
            with self._lock:
                if not self.users and not self.held and not self._done:
                    self._thread = None
                    return
            time.sleep(FLUSH_EVERY)

    def _quietly(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except (redis.RedisError, OSError) as error:
            log.warning("The broker did not answer: %s", error)
            return False
        return True
