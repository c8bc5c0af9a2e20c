"""Several messages performed in one go by one thread or child process: claims in one round trip before, reports in one after.

A bundle is of messages whose type runs for a moment only (jobs.worker.dispatch), so that nobody waits long behind
another. When one of them takes its time against expectation, those behind it are handed back to their queues.
"""

import math
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import redis
import structlog
from celery.app import trace

from jobs.core.errors import Unavailable
from jobs.core.gates import Rules, Subject
from jobs.core.message import Message
from jobs.infra import broker, results, state
from jobs.infra.tracing import traces
from jobs.worker import connections, together

log = structlog.get_logger(__name__)
# Seconds: reports wait so long for others; a job runs so long before those behind it are handed back; how long Redis may be away.
REPORT_EVERY = 0.005
HELD_UP = 0.5
PATIENCE = 60.0
# How one message ended, for the worker's main process: id, failed, value, seconds.
Value = TypeVar("Value")
Answer = tuple[str, bool, Any, float]


class Item(NamedTuple):
    """What Celery's tracer takes."""

    task: str
    id: str
    request: dict[str, Any]
    # [args, kwargs, {callbacks, ...}]
    body: Any
    content_type: None = None
    content_encoding: None = None

    @property
    def header(self) -> dict[str, Any] | None:
        return self.request.get("conveyor")


def perform(*messages: tuple[Any, ...]) -> list[Answer] | None:
    """Run in the pool. An answer for each that was performed, the others are on their queues again; None when Redis stays away."""
    try:
        return Bundle([Item(*message) for message in messages]).perform()
    except (redis.RedisError, Unavailable) as error:
        log.error("bundle.lost", why=str(error))
        return None
    finally:
        connections.close()


class Bundle:
    def __init__(self, items: Sequence[Item]) -> None:
        self.claimed = _claim([item for item in items if item.header])
        # Those that may not run are soon done with; they go first, and only claimed ones are ever handed back.
        self.waiting = deque(sorted(items, key=lambda item: item.id in self.claimed))
        self.lock = threading.Lock()
        # While they are performed together nobody waits behind another.
        self.began = math.inf
        self.reports: results.Gathered | None = None

    def perform(self) -> list[Answer]:
        if len(self.waiting) > 1:
            _watch(self)
        answers = []
        with results.gathered() as self.reports:
            together.perform([item for item in self.waiting if item.id in self.claimed])
            while item := self._next():
                if self.reports.age > REPORT_EVERY:
                    _patiently(self.reports.send)
                answers.append(_trace(item))
                connections.between_jobs()
            _patiently(self.reports.send)
        return answers

    def _next(self) -> Item | None:
        with self.lock:
            self.began = time.monotonic()
            return self.waiting.popleft() if self.waiting else None

    def relieve(self) -> None:
        """Hand back what waits behind a job that takes its time. Called by the watch."""
        with self.lock:
            if not self.waiting or self.reports is None or time.monotonic() - self.began < HELD_UP:
                return
            held_up = [item for item in self.waiting if item.id in self.claimed or item.header is None]
            self.waiting = deque(item for item in self.waiting if item not in held_up)
        self.reports.send()
        log.info("bundle.relieved", jobs=len(held_up))
        why = "another job of its bundle took its time"
        results.send([results.handed_back(_message(item), self.claimed[item.id], why) for item in held_up if item.header])
        for item in held_up:
            if not item.header:
                broker.put_back(item.body, item.request)


def _patiently(call: Callable[[], Value]) -> Value:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except (redis.RedisError, Unavailable) as error:
            if time.monotonic() > deadline:
                raise
            log.warning("bundle.waits_for_redis", why=str(error))
            time.sleep(0.5)


def _claim(items: Sequence[Item]) -> dict[str, str]:
    """Claim all; each item learns its verdict. Answers the claims of those that may run."""
    verdicts = _patiently(lambda: state.claim(lambda rules: [_ticket(item, rules) for item in items])) if items else []
    claimed = {}
    for item, verdict in zip(items, verdicts, strict=True):
        item.request["conveyor"]["verdict"] = verdict
        # Celery would look for them among all that it knows, for each job.
        item.request["headers"] = {"conveyor": item.header}
        if verdict.word == "go":
            claimed[item.id] = verdict.detail
    return claimed


def _ticket(item: Item, rules: Rules) -> state.Ticket:
    header = item.request["conveyor"]
    redelivered = bool((item.request.get("delivery_info") or {}).get("redelivered"))
    ticket = state.Ticket(item.id, header["tenant"], header["turn"], header["attempt"], redelivered, item.request.get("hostname") or "")
    subject = Subject(item.task, header["tenant"], header["queue"], tuple(header.get("tags", ())), lambda: item.body[1])
    names = rules.gates(subject)
    if not names:
        return ticket
    return replace(ticket, gates=names, held=broker.held(_message(item).following(header["attempt"])), priority=header["priority"])


def _message(item: Item) -> Message:
    return results.message_from(item.id, item.task, item.request["conveyor"], item.request.get("expires"), item.body[1])


def _trace(item: Item) -> Answer:
    perform, began = trace.fast_trace_task if trace._localized else trace.trace_task_ret, time.monotonic()
    with traces().running(item.task, item.id, item.request):
        failed, value, _ = perform(*item)
    return item.id, bool(failed), value, time.monotonic() - began


_watched: "weakref.WeakSet[Bundle]" = weakref.WeakSet()
_watcher: tuple[int, threading.Thread] | None = None


def _watch(bundle: Bundle) -> None:
    global _watcher
    _watched.add(bundle)
    if _watcher is None or _watcher[0] != os.getpid():
        _watcher = os.getpid(), threading.Thread(target=_keep_watch, name="conveyor-bundles", daemon=True)
        _watcher[1].start()


def _keep_watch() -> None:
    while True:
        time.sleep(HELD_UP / 2)
        for bundle in list(_watched):
            try:
                bundle.relieve()
            except Exception as error:  # the watch goes on; what was not handed back is performed in its turn or comes back with its lease
                log.warning("bundle.not_relieved", why=str(error))
