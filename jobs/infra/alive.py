"""Signs of life: each long-running process says every few seconds that it is there; whoever asks sees who was lately."""

from datetime import timedelta

from jobs.infra.broker import milliseconds, now_ms
from jobs.infra.redis import client, key

EVERY = timedelta(seconds=2)
LATELY = timedelta(seconds=15)
WORKER, BEAT, RECORDER = "worker", "beat", "recorder"
ROLES = (WORKER, BEAT, RECORDER)


def tell(role: str, name: str) -> None:
    """This process is alive."""
    with client().pipeline(transaction=False) as pipe:
        pipe.zadd(_key(role), {name: now_ms()})
        pipe.zremrangebyscore(_key(role), 0, now_ms() - milliseconds(timedelta(hours=1)))
        pipe.execute()


def leave(role: str, name: str) -> None:
    """It stops on purpose."""
    client().zrem(_key(role), name)


def lately(role: str) -> list[str]:
    """The processes of that role that have been there lately. Raises redis.RedisError."""
    return [str(name) for name in client().zrangebyscore(_key(role), now_ms() - milliseconds(LATELY), "+inf")]


def _key(role: str) -> str:
    return key(f"alive:{role}")
