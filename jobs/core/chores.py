"""What applications have done again and again by beat's clock. Two beats may run: a chore may be done twice."""

from collections.abc import Callable
from datetime import timedelta

from jobs.core.errors import DeclarationError

Chore = Callable[[], int]
chores: dict[Chore, float] = {}


def chore(*, every: timedelta) -> Callable[[Chore], Chore]:
    """Have the function done at this interval, in beat; short, and right however often it runs."""
    if every <= timedelta(0):
        raise DeclarationError(f"chore(every=...) is above zero, not {every!r}.")

    def declare(function: Chore) -> Chore:
        chores[function] = every.total_seconds()
        return function

    return declare
