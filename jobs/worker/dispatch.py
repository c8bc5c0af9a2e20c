"""From the broker to the pool: which messages go next, and how many at once to one thread or child.

A message costs a pool more than a short job does. So types that run for a moment only travel several at a time, as many as
are expected to take BUNDLE seconds; a type that has not run yet, one that takes its time and a message whose worker died
travel alone. What waits here waits by priority, where the worker asks for it (QUEUE_ORDER) by queue first.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any
from weakref import ref

from celery.worker import state as worker_state
from kombu.asynchronous.semaphore import LaxBoundedSemaphore

from jobs.core.job_type import registry
from jobs.infra.transport import activity
from jobs.infra.transport.keys import STEPS
from jobs.worker import bundle

# A bundle is meant to last so many seconds, and has at most so many messages. What lasts less than WORTH is not divided among slots.
BUNDLE = 0.02
WORTH = 0.005
MOST = 32
# Types whose jobs may not even run so many seconds travel alone: their own time limit is all the warning they get.
SHORTEST_LIMIT = 5.0


class Pace:
    """How long each type's jobs run, in seconds: a mean that remembers the last few dozen."""

    def __init__(self) -> None:
        self._means: dict[str, float] = {}

    def saw(self, name: str, seconds: float) -> None:
        self._means[name] = 0.9 * self._means.get(name, seconds) + 0.1 * seconds

    def fit(self, name: str, seconds: float = BUNDLE) -> int:
        """How many of that type make a bundle of so many seconds; 1 for a type not seen yet."""
        mean = self._means.get(name)
        return 1 if mean is None else max(1, min(MOST, int(seconds / max(mean, 1e-6))))


class Dispatcher:
    """Keeps what was fetched and not started, and gives it to the pool as slots get free."""

    def __init__(self, pool: Any, semaphore: Any = None, order: Sequence[str] = ()) -> None:
        """`order`: the queues whose messages go before those of the queues after them, whatever the priority; the others come last."""
        self.pool = pool
        self.pace = Pace()
        self._ranks = {queue: rank for rank, queue in enumerate(order)}
        self._lines: dict[tuple[int, int], deque[Any]] = {(rank, step): deque() for rank in range(len(order) + 1) for step in STEPS}
        self._lock = threading.RLock()
        # A prefork pool frees the slot itself, also for a child that died.
        self._pool_frees = semaphore is not None
        self._slots = semaphore or LaxBoundedSemaphore(pool.num_processes)
        self._asked = self._flushing = False

    def add(self, request: Any) -> None:
        rank = self._ranks.get(request.delivery_info.get("routing_key"), len(self._ranks)) if self._ranks else 0
        self._lines[rank, _step(request)].append(request)

    def clear(self) -> None:
        """Forget what has not started; its messages go back with their connection."""
        with self._lock:
            for line in self._lines.values():
                line.clear()
            self._asked = False

    def flush(self) -> None:
        """Start what there are slots for."""
        with self._lock:
            if self._flushing:
                return
            self._flushing = True
            try:
                while not self._asked and self.waiting() and not activity.stopping():
                    self._asked = True
                    self._slots.acquire(self._start)
            finally:
                self._flushing = False

    def waiting(self) -> int:
        """How many were fetched and have not started."""
        return sum(map(len, self._lines.values()))

    def _start(self) -> None:
        self._asked = False
        requests = [] if activity.stopping() else list(self._runnable())
        if requests:
            self._send(requests)
        else:
            self._slots.release()
        self.flush()

    def _runnable(self) -> Iterator[Any]:
        for request in self._take():
            if not request.message.channel.lease.has(request.message.delivery_tag):
                # This process slept, and another has it.
                worker_state.task_ready(request)
                request.acknowledge()
            elif not request.revoked():
                yield request

    def _take(self) -> list[Any]:
        """The most urgent, and those that may travel with it."""
        line = next((line for line in self._lines.values() if line), None)
        if line is None:
            return []
        first = line.popleft()
        kind = self._kind(first)
        if kind is None:
            return [first]
        return [first, *_take_from(line, self._room(first) - 1, lambda other: self._kind(other) == kind)]

    def _kind(self, request: Any) -> Hashable:
        """Requests of one kind may travel together; None travels alone."""
        _, soft = request.time_limits
        if request.delivery_info.get("redelivered") or (soft is not None and soft < SHORTEST_LIMIT) or _calls_somebody(request):
            return None
        if _size(request) > 1:
            return str(request.name)
        return tuple(request.time_limits) if self.pace.fit(request.name) > 1 else None

    def _room(self, request: Any) -> int:
        """How many may travel together with it, itself included."""
        if (size := _size(request)) > 1:
            return size
        waiting, free = self.waiting() + 1, self._slots.value + 1
        share = max(math.ceil(waiting / free), self.pace.fit(request.name, WORTH))
        return min(self.pace.fit(request.name), share)

    def _send(self, requests: list[Any]) -> None:
        sent = Sent(requests, self)
        for request in requests[1:]:
            request.message.channel.qos.bundled(request.message.delivery_tag)
        hard, soft = requests[0].time_limits
        result = self.pool.apply_async(
            bundle.perform,
            args=tuple(_message(request) for request in requests),
            accept_callback=sent.accepted,
            timeout_callback=sent.late,
            callback=sent.performed,
            error_callback=sent.failed,
            soft_timeout=soft or requests[0].task.soft_time_limit,
            timeout=hard or requests[0].task.time_limit,
            correlation_id=requests[0].id,
        )
        for request in requests:
            request._apply_result = ref(result) if result is not None else None

    def freed(self) -> None:
        """A bundle has left its slot."""
        if not self._pool_frees:
            with self._lock:
                self._slots.release()


class Sent:
    """A bundle in the pool: what the pool says of it is said to each of its requests."""

    def __init__(self, requests: list[Any], dispatcher: Dispatcher) -> None:
        self.requests = {request.id: request for request in requests}
        self.dispatcher = dispatcher

    def accepted(self, pid: int, at: float) -> None:
        for request in self.requests.values():
            request.on_accepted(pid, at)

    def late(self, soft: bool, timeout: float) -> None:
        for request in self.requests.values():
            if soft or len(self.requests) == 1:
                request.on_timeout(soft, timeout)

    def performed(self, answers: Any) -> None:
        try:
            for id, failed, value, seconds in answers or ():
                request = self.requests.pop(id)
                self.dispatcher.pace.saw(request.name, seconds)
                request.on_success((failed, value, seconds))
            for request in self.requests.values():
                worker_state.task_ready(request)
                # No answer at all: Redis was away for too long, nothing is known to have run.
                request.reject(requeue=True) if answers is None else request.acknowledge()
        finally:
            self.dispatcher.freed()

    def failed(self, failure: Any) -> None:
        """Its process died. A request alone is to blame for it; of several nobody knows, so each is tried again, alone."""
        try:
            for request in self.requests.values():
                if len(self.requests) == 1 or request._already_revoked or request._already_cancelled:
                    request.on_failure(failure)
                else:
                    worker_state.task_ready(request)
                    request.reject(requeue=True)
        finally:
            self.dispatcher.freed()


def _size(request: Any) -> int:
    name = str(request.name)
    return registry.get(name).size if name in registry else 1


def _calls_somebody(request: Any) -> bool:
    """Jobs that need a dependency go one by one: when it fails, those behind have not started."""
    name = str(request.name)
    return name in registry and bool(registry.get(name).needs)


def _step(request: Any) -> int:
    step = request.delivery_info.get("priority")
    return step if step in STEPS else STEPS[-1]


def _message(request: Any) -> tuple[Any, ...]:
    # The body as it was decoded already: a pool of threads needs no second look at it, and a child gets it once.
    return (request._type, request.id, request._request_dict, request._payload)


def _take_from(line: deque[Any], most: int, fits: Callable[[Any], bool]) -> list[Any]:
    """Up to `most` of the line that fit, in its order."""
    taken: list[Any] = []
    kept: deque[Any] = deque()
    while line and len(taken) < most and len(kept) < MOST:
        request = line.popleft()
        (taken if fits(request) else kept).append(request)
    line.extendleft(reversed(kept))
    return taken
