"""Signs of life: each long-running process says every few seconds that it is there; whoever asks sees who was lately."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson

from jobs.infra.broker import milliseconds, now_ms
from jobs.infra.redis import client, key

EVERY = timedelta(seconds=2)
LATELY = timedelta(seconds=15)
WORKER, BEAT, RECORDER, WEB = "worker", "beat", "recorder", "web"
ROLES = (WORKER, BEAT, RECORDER)


def tell(role: str, name: str, about: dict[str, Any] | None = None) -> None:
    """This process is alive, and is like this."""
    with client().pipeline(transaction=False) as pipe:
        pipe.zadd(_key(role), {name: now_ms()})
        if about is not None:
            pipe.set(_about(role, name), orjson.dumps(about), px=milliseconds(timedelta(hours=1)))
        pipe.zremrangebyscore(_key(role), 0, now_ms() - milliseconds(timedelta(hours=1)))
        pipe.execute()


def leave(role: str, name: str) -> None:
    """It stops on purpose."""
    client().zrem(_key(role), name)
    client().delete(_about(role, name))


def lately(role: str) -> list[str]:
    """The processes of that role that have been there lately. Raises redis.RedisError."""
    return [str(name) for name in client().zrangebyscore(_key(role), now_ms() - milliseconds(LATELY), "+inf")]


def about(role: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """What these processes said of themselves."""
    texts = client().mget([_about(role, name) for name in names]) if names else []
    return [orjson.loads(text) if text else {} for text in texts]


def leads(role: str, name: str, term: timedelta) -> bool:
    """Of several processes of a role one works: the first, until it has been silent for a term."""
    leader, px = key(f"leader:{role}"), milliseconds(term)
    if client().set(leader, name, px=px, nx=True):
        return True
    return client().get(leader) == name and bool(client().pexpire(leader, px))


def _about(role: str, name: str) -> str:
    return key(f"alive:{role}:{name}")


def _key(role: str) -> str:
    return key(f"alive:{role}")
