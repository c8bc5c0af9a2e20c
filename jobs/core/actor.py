"""Who acts at this moment: said at the door (a request, a command), asked where an act is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PLATFORM = "platform"

_who: ContextVar[Callable[[], str]] = ContextVar("actor", default=lambda: PLATFORM)


def actor() -> str:
    """A user's name, `key <prefix>`, `shell <name>`, or `platform`."""
    return _who.get()()


@contextmanager
def acting(who: Callable[[], str]) -> Iterator[None]:
    """Within the block, `who` tells; it is asked only when an act is kept, since finding a user out costs a query."""
    token = _who.set(who)
    try:
        yield
    finally:
        _who.reset(token)
