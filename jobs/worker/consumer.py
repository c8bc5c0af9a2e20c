"""Messages that no task can take: kept as dead letters before Celery drops them."""

import base64
import contextlib
import time
from typing import Any

import redis
import structlog
from celery.worker import state as worker_state
from celery.worker.control import control_command
from django.conf import settings
from django.db import DatabaseError, connection

from jobs.core.errors import Unavailable
from jobs.core.job_type import registry
from jobs.core.states import Reason
from jobs.infra import alive, broker, counted, gates, memory, results
from jobs.infra.broker import DEAD_LETTER, ready_key, wrap
from jobs.infra.redis import client
from jobs.infra.transport.consumer import Consumer
from jobs.services import rules
from jobs.worker import connections, portrait, stacks
from jobs.worker.dispatch import Dispatcher

log = structlog.get_logger(__name__)
MALFORMED = (LookupError, TypeError, ValueError, AttributeError)


class JobConsumer(Consumer):
    """Celery's consumer; what it would throw away goes to the queue `dead_letter` first."""

    stop_seconds = settings.ENV.WORKER_STOP_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Before the pool forks.
        memory.settle()
        connections.keep_for_bundles(self.app)
        by_semaphore = self.controller.process_task == self.controller._process_task_sem
        order = list(self.app.amqp.queues.consume_from) if settings.ENV.QUEUE_ORDER == "strict" else ()
        self.dispatcher = Dispatcher(self.pool, self.controller.semaphore if by_semaphore else None, order)
        self.on_task_request = self._take
        self._fetched = 0
        stacks.make_a_place()
        self.draining = False
        self._left: list[str] = []
        self.loop_lag = 0.0
        self._next_sign = time.monotonic() + alive.EVERY.total_seconds()
        self.timer.call_repeatedly(alive.EVERY.total_seconds(), self._sign_of_life)

    def start(self) -> None:
        try:
            rules.restore(newest=True)
        except (redis.RedisError, DatabaseError) as error:  # beat tells it too
            log.warning("worker.rules_not_told", why=str(error))
        finally:
            # The worker's main process asks PostgreSQL nothing else.
            connection.close()
        super().start()

    def _take(self, request: Any) -> None:
        """What a fetch brings waits for the rest of it; what the timer brings, a task whose time has come, comes alone."""
        hard, soft = request.time_limits
        if not request.id or any(isinstance(limit, str) for limit in (hard, soft)):
            raise ValueError("a task without an id, or with time limits that are none")
        self.dispatcher.add(request)
        self._fetched += 1
        if not self.connection.transport.cycle.delivering:
            self.dispatcher.flush()

    def _delivered(self) -> None:
        """A fetch was taken, to its last message."""
        if self._fetched:
            counted.counts.add(counted.FETCHED, self._fetched)
        self._fetched = 0
        self.dispatcher.flush()

    def quiet(self) -> None:
        """Take nothing more; what was taken is performed, and the queues are known for `listen`."""
        left = [queue.name for queue in self.task_consumer.queues]
        for queue in left:
            self.cancel_task_queue(queue)
        self._left = left or self._left

    def listen(self) -> None:
        """Take again from the queues that were left."""
        for queue in self._left:
            self.add_task_queue(queue)
        self._left = []

    def drain(self) -> None:
        """Take nothing more; the worker stops once all that it took has ended."""
        self.draining = True
        self.quiet()

    def _stop_if_drained(self) -> None:
        if self.draining and not worker_state.active_requests and not self.dispatcher.waiting():
            worker_state.should_stop = 0

    def _sign_of_life(self) -> None:
        now, every = time.monotonic(), alive.EVERY.total_seconds()
        self.loop_lag, self._next_sign = max(0.0, now - self._next_sign), now + every
        self._stop_if_drained()
        try:
            alive.tell(alive.WORKER, self.hostname, portrait.of(self))
            gates.know([job_type.name for job_type in registry])
        except redis.RedisError as error:
            log.warning("worker.no_sign_of_life", why=str(error))

    def shutdown(self) -> None:
        with contextlib.suppress(redis.RedisError):
            alive.leave(alive.WORKER, self.hostname)
        super().shutdown()

    def give_back(self, requests: list[Any]) -> None:
        """A job is told to have been handed back, and its next message is published; any other task's own message goes back."""
        jobs = [request for request in requests if request.request_dict.get("conveyor")]
        try:
            messages = [results.message_of(request._context) for request in jobs]
            results.send([results.handed_back(message, f"{message.turn}.*", "its worker stopped") for message in messages])
            for request in jobs:
                request.acknowledge()
            alive.leave(alive.WORKER, self.hostname)
        except (redis.RedisError, Unavailable) as error:  # then their own messages go back too
            log.warning("worker.not_handed_back", why=str(error))
        super().give_back(requests)

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Any:
        self.connection.transport.cycle.delivered = self._delivered
        take = super().create_task_handler(*args, **kwargs)

        def taken(message: Any) -> None:
            try:
                take(message)
            except MALFORMED as error:  # a task without an id, a body of another shape: Celery would end the worker
                self.on_invalid_task(None, message, error)

        return taken

    def forget_unstarted(self) -> None:
        # The pool holds nothing that has not started: it gets no more than it has slots.
        self.dispatcher.clear()

    def on_unknown_task(self, body: Any, message: Any, exc: BaseException) -> None:
        """A job waits for a worker that knows its type; any other message is kept as a dead letter."""
        headers = message.headers or {}
        if header := headers.get("conveyor"):
            broker.park(results.message_from(headers["id"], headers["task"], header, headers.get("expires"), message.payload[1]))
            log.warning("job.parked", job=headers["id"], type=headers["task"], why="this worker does not know the type")
            message.ack_log_error(log, self.connection_errors)
            return
        bury(message, Reason.UNKNOWN_TYPE, exc)
        super().on_unknown_task(body, message, exc)

    def on_unknown_message(self, body: Any, message: Any) -> None:
        bury(message, Reason.UNDECODABLE, ValueError("not a Celery task message"))
        super().on_unknown_message(body, message)

    def on_invalid_task(self, body: Any, message: Any, exc: BaseException) -> None:
        bury(message, Reason.UNDECODABLE, exc)
        super().on_invalid_task(body, message, exc)

    def on_decode_error(self, message: Any, exc: BaseException) -> None:
        bury(message, Reason.UNDECODABLE, exc)
        super().on_decode_error(message, exc)


@control_command(name="quiet")
def _quiet(state: Any, **_: Any) -> dict[str, str]:
    state.consumer.quiet()
    return {"ok": "it takes nothing more"}


@control_command(name="listen")
def _listen(state: Any, **_: Any) -> dict[str, str]:
    state.consumer.listen()
    return {"ok": "it takes again"}


@control_command(name="drain")
def _drain(state: Any, **_: Any) -> dict[str, str]:
    state.consumer.drain()
    return {"ok": "it stops once it is idle"}


def bury(message: Any, reason: Reason, cause: BaseException) -> None:
    raw = message.body if isinstance(message.body, bytes) else str(message.body).encode()
    queue = (message.delivery_info or {}).get("routing_key") or ""
    body = {"raw": base64.b64encode(raw).decode(), "content_type": message.content_type}
    letter = wrap(body, dict(message.headers or {}), (message.properties or {}).get("correlation_id") or "", queue)
    error = {"type": type(cause).__name__, "message": str(cause), "traceback": ""}
    client().lpush(ready_key(DEAD_LETTER, 10), results.dead_letter(letter, reason, queue, error))
