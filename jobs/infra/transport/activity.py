"""What the Celery worker of this process is doing, if there is one: the transport never imports Celery for it."""

import sys


def stopping() -> bool:
    state = sys.modules.get("celery.worker.state")
    return bool(state and (state.should_stop is not None or state.should_terminate is not None))


def running() -> set[str]:
    """The delivery tags of messages that are being performed."""
    state = sys.modules.get("celery.worker.state")
    return {request.message.delivery_tag for request in list(state.active_requests)} if state else set()
