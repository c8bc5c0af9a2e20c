"""Celery's consumer, for a transport whose acknowledgements any thread may give at any time, and whose stop has an end."""

import contextlib
import logging
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Any

import celery.worker.consumer
import psutil
from celery.signals import worker_shutting_down
from celery.worker import state

from jobs.infra.transport.channel import give_back_all

log = logging.getLogger(__name__)


class Consumer(celery.worker.consumer.Consumer):
    # What still runs so many seconds after the worker was asked to stop goes back; 0: it is waited for.
    stop_seconds: float = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Unlike an event it may be told by a signal's handler at any moment.
        self._asked_to_stop: SimpleQueue[None] = SimpleQueue()
        self._stopped = threading.Event()
        if self.stop_seconds:
            worker_shutting_down.connect(self._hear_the_wish_to_stop)
            threading.Thread(target=self._end_the_stop, name="conveyor-stop", daemon=True).start()

    def call_soon_ack(self, operation: Any, *args: Any, **kwargs: Any) -> Any:
        """At once. Celery would wait for the next turn of its loop: with solo that is after all that was fetched."""
        return operation(*args, **kwargs)

    def ensure_connected(self, conn: Any) -> Any:
        """Celery would wait longer and longer between attempts, up to 30 s: a Redis that is back is served within seconds."""
        conn.ensure_connection = partial(conn.ensure_connection, interval_start=0.5, interval_step=0.5, interval_max=2)
        return super().ensure_connected(conn)

    def on_close(self) -> None:
        _part_with_what_the_pool_was_given()
        super().on_close()
        self.forget_unstarted()

    def forget_unstarted(self) -> None:
        """The connection is lost, and what has not started goes back with it: a pool of threads may not start it either."""
        executor = getattr(self.pool, "executor", None)
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)
            self.pool.executor = ThreadPoolExecutor(max_workers=self.pool.limit)

    def stop(self) -> None:
        # A worker that is asked by remote control hears of it here; a signal was heard before, even while solo runs a task.
        # One in a thread of somebody's process may not end that.
        if threading.current_thread() is threading.main_thread():
            self._asked_to_stop.put(None)
        executor = getattr(self.pool, "executor", None)
        if executor is not None:
            # A pool of threads would go on to start what the transport is about to give back.
            executor.shutdown(wait=False, cancel_futures=True)
        super().stop()

    def shutdown(self) -> None:
        self._stopped.set()
        super().shutdown()

    def _hear_the_wish_to_stop(self, **_: Any) -> None:
        self._asked_to_stop.put(None)

    def _end_the_stop(self) -> None:
        """Nothing can interrupt a thread, so the process ends with what it runs. Celery's own soft shutdown would let the worker sleep."""
        self._asked_to_stop.get()
        if self._stopped.wait(self.stop_seconds):
            return
        children = psutil.Process().children()
        # Stopped first: a child that had ended would be seen as lost, and one that runs on may not while its message is another's.
        _signal(children, signal.SIGSTOP)
        requests = [request for request in tuple(state.active_requests) if not request.acknowledged]
        log.warning("%d tasks did not end within %g s and go back to their queues", len(requests), self.stop_seconds)
        self.give_back(requests)
        _signal(children, signal.SIGKILL)
        os._exit(0)

    def give_back(self, requests: list[Any]) -> None:
        """Give back what was begun and will not end here; nobody died, so nothing is counted against it."""
        give_back_all()


def _signal(children: list[psutil.Process], number: signal.Signals) -> None:
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.send_signal(number)


def _part_with_what_the_pool_was_given() -> None:
    """What a child was written and has not begun is kept; what waits for a child, none being up, goes back.

    Celery would forget both. But a child begins what it was written in a moment: its message would run elsewhere too, and the
    child, which ends once all its answers are read, would wait half a minute. Of what was not written nobody else would
    hear while this process lives.
    """
    for request in tuple(state.reserved_requests):
        result = request._apply_result and request._apply_result()
        if getattr(result, "_write_to", None) is not None:
            result._accepted = True
            state.active_requests.add(request)
        elif hasattr(result, "_write_to"):
            request.message.channel.lease.give_back([int(request.message.delivery_tag)])
