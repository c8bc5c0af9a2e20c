"""A link of the audit's chain as Redis remembers it: who writes the archive anew in PostgreSQL has not written this (services.chain)."""

from jobs.infra.redis import client, key


def read() -> str:
    """The link as `id:hex`; empty when there is none. Raises redis.RedisError."""
    return str(client().get(_key()) or "")


def write(head: str) -> None:
    client().set(_key(), head)


def _key() -> str:
    return key("audit:head")
