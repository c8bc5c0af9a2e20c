"""What follows a journal entry, beside the recorder: each knows how far it is, and is asked in this order."""

from collections.abc import Callable

from jobs.services import events
from jobs.subscribers import handlers, webhooks

FOLLOWERS: tuple[Callable[[], int], ...] = (handlers.follow, webhooks.follow, events.settle)
