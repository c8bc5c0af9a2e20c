"""The id of the HTTP request for which something is done: bound at the door and where a job runs, so that every log line has it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars, get_contextvars

NAME = "request_id"
# What a client may choose: it goes into logs, headers and rows.
SANE = re.compile(r"[A-Za-z0-9._:/+=@-]{1,100}")


def accepted(given: str, make: Callable[[], str]) -> str:
    """The client's own id if it is sane, else a new one."""
    return given if SANE.fullmatch(given) else make()


def current() -> str:
    """The id of the request under way; "" when there is none."""
    return str(get_contextvars().get(NAME, ""))


@contextmanager
def bound(id: str) -> Iterator[None]:
    """Within the block this is done for that request."""
    with bound_contextvars(**({NAME: id} if id else {})):
        yield
