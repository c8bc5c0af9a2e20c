"""The Lua scripts, each in its own file under lua/, loaded once per server and called by name."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import redis
from redis.commands.core import Script
from redis.exceptions import NoScriptError

from jobs.infra.lua import source
from jobs.infra.redis import client
from jobs.infra.tracing import traces

Call = tuple[Sequence[str], Sequence[Any]]


def script(name: str) -> Callable[..., Any]:
    """The script of that name, callable with `keys=` and `args=`; its file documents both and its answer."""
    return traces().script(name, _registered(client(), name))


@cache
def _registered(server: redis.Redis, name: str) -> Script:
    return server.register_script(source(name))


def call_many(name: str, calls: Sequence[Call]) -> list[Any]:
    """Call a script once for each (keys, args), all in one round trip; each call is atomic by itself."""
    if len(calls) == 1:
        return [script(name)(keys=calls[0][0], args=calls[0][1])]
    return list(traces().script(name, _many)(_registered(client(), name), calls))


def _many(registered: Script, calls: Sequence[Call]) -> list[Any]:
    try:
        return _pipelined(registered.sha, calls)
    except NoScriptError:  # then none of them ran
        client().script_load(registered.script)
        return _pipelined(registered.sha, calls)


def _pipelined(sha: str, calls: Sequence[Call]) -> list[Any]:
    with client().pipeline(transaction=False) as pipe:
        for keys, args in calls:
            pipe.evalsha(sha, len(keys), *keys, *args)
        return list(pipe.execute())
