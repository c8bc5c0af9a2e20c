"""When a delivery that failed is tried again, and what a receiver's answer means for that."""

from collections.abc import Sequence
from datetime import timedelta

# By Standard Webhooks: the receiver is gone for good, nothing more is sent to it.
GONE = 410
JITTER = 0.2
LONGEST_WISH = timedelta(hours=24)


def pause_after(tries: int, pauses: Sequence[timedelta], wish: timedelta | None, dice: float) -> timedelta | None:
    """How long to wait after the try of that number (from 1) failed; None: it was the last.

    `wish` is what the receiver asked for (Retry-After), heeded up to a day; `dice` is uniform in [0, 1).
    """
    if tries > len(pauses):
        return None
    pause = pauses[tries - 1] * (1 + JITTER * dice)
    return max(pause, min(wish, LONGEST_WISH)) if wish else pause


def retry_after(header: str) -> timedelta | None:
    """The wish of a Retry-After in seconds (RFC 9110); dates and nonsense are no wish."""
    return timedelta(seconds=int(header)) if header.isdecimal() and len(header) < 9 else None
