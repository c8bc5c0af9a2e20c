"""Celery's consumer, for a transport whose acknowledgements any thread may give at any time."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import celery.worker.consumer
from celery.worker import state


class Consumer(celery.worker.consumer.Consumer):
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
        executor = getattr(self.pool, "executor", None)
        if executor is not None:
            # A pool of threads would go on to start what the transport is about to give back.
            executor.shutdown(wait=False, cancel_futures=True)
        super().stop()


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
