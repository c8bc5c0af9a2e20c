"""The Lua scripts, each in its own file under lua/, loaded once per server and called by name."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import redis
from redis.commands.core import Script

from jobs.infra.lua import source, source_of_many
from jobs.infra.redis import client
from jobs.infra.tracing import traces

Call = tuple[Sequence[str], Sequence[Any]]
# Others wait while Redis is in a script.
MOST = 64


def script(name: str) -> Callable[..., Any]:
    """The script of that name, callable with `keys=` and `args=`; its file documents both and its answer."""
    return traces().script(name, _registered(client(), name))


@cache
def _registered(server: redis.Redis, name: str) -> Script:
    return server.register_script(source(name))


def call_many(name: str, calls: Sequence[Call]) -> list[Any]:
    """Call a script once for each (keys, args), in this order; MOST at a time are one call for Redis, and for us."""
    chunks = [calls[at : at + MOST] for at in range(0, len(calls), MOST)]
    return [answer for chunk in chunks for answer in _called(name, chunk)]


def _called(name: str, calls: Sequence[Call]) -> list[Any]:
    many = traces().script(name, _registered_for_many(client(), name))
    args: list[Any] = [len(calls)]
    for keys, given in calls:
        args += [len(keys), len(given), *given]
    return list(many(keys=[key for keys, _ in calls for key in keys], args=args))


@cache
def _registered_for_many(server: redis.Redis, name: str) -> Script:
    return server.register_script(source_of_many(name))
