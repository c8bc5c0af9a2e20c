"""What follows a journal entry, beside the recorder: each keeps its own place, and is asked in this order."""

from collections.abc import Callable

from jobs.subscribers import handlers, webhooks

FOLLOWERS: tuple[Callable[[], int], ...] = (handlers.follow, webhooks.follow)
