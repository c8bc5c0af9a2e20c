"""Questions about the Redis server itself, for who examines an installation."""

from typing import Any

import redis
import redis.sentinel

from jobs.core.redis_rights import calls
from jobs.infra.redis import address, client, key, sentinel_options


def info(section: str) -> dict[str, Any]:
    told: Any = client().info(section)
    return dict(told)


def time() -> float:
    seconds, micros = client().time()
    return float(seconds + micros / 1e6)


def who() -> str:
    return str(client().acl_whoami())


def lacking(user: str, role: str) -> list[str]:
    """What that user may not do and that role needs, in words. Nothing is done. Raises redis.ResponseError where Redis can't tell."""
    needed = calls(role, key("").removesuffix("conveyor:"), address().database)
    with client().pipeline(transaction=False) as pipe:
        for call in needed:
            pipe.execute_command("ACL DRYRUN", user, *call)
        answers = pipe.execute(raise_on_error=False)
    for answer in answers:
        if isinstance(answer, redis.RedisError):
            raise answer
    return [" ".join(call) for call, answer in zip(needed, answers, strict=True) if str(answer) != "OK"]


def silent_sentinels() -> list[str]:
    """The Sentinels that do not answer."""
    return [f"{host}:{port}" for host, port in address().hosts if not _answers(host, port)]


def _answers(host: str, port: int) -> bool:
    try:
        with redis.Redis(host=host, port=port, **sentinel_options(address())) as asked:
            return bool(asked.ping())
    except redis.RedisError:
        return False
