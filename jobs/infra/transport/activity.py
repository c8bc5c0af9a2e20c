"""What the Celery worker of this process is doing, if there is one: the transport never imports Celery for it."""

import sys
from typing import Any


def stopping() -> bool:
    state = sys.modules.get("celery.worker.state")
    return bool(state and (_is_wished(state.should_stop) or _is_wished(state.should_terminate)))


def _is_wished(exit_code: Any) -> bool:
    # Celery writes None or False for no, and the exit code, also 0, for yes.
    return exit_code is not None and exit_code is not False


def started() -> set[str]:
    """The delivery tags of messages that are being performed, or are on their way to a child process."""
    state = sys.modules.get("celery.worker.state")
    if state is None:
        return set()
    active = set(state.active_requests)
    return {r.message.delivery_tag for r in list(state.reserved_requests) if r in active or _with_a_child(r)} | {
        r.message.delivery_tag for r in active
    }


def _with_a_child(request: Any) -> bool:
    handed_over = request._apply_result
    return handed_over is not None and handed_over() is not None
