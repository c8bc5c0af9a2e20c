"""Celery's consumer, for a transport whose acknowledgements any thread may give at any time."""

from typing import Any

import celery.worker.consumer


class Consumer(celery.worker.consumer.Consumer):
    def call_soon_ack(self, operation: Any, *args: Any, **kwargs: Any) -> Any:
        """At once. Celery would wait for the next turn of its loop: with solo that is after all that was fetched."""
        return operation(*args, **kwargs)

    def stop(self) -> None:
        executor = getattr(self.pool, "executor", None)
        if executor is not None:
            # A pool of threads would go on to start what the transport is about to give back.
            executor.shutdown(wait=False, cancel_futures=True)
        super().stop()
