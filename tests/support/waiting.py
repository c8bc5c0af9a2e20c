"""Waiting for a condition, never for a time."""

import threading
import time
from collections.abc import Callable


def until(condition: Callable[[], object], seconds: float, explain: Callable[[], object] = lambda: "") -> float:
    """How long it took; fails when it took longer than `seconds`."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if condition():
            return time.monotonic() - start
        threading.Event().wait(0.02)
    raise AssertionError(f"not within {seconds} s. {explain()}")
