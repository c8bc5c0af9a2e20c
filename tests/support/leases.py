"""Leases that a test holds, and deaths that it declares rather than waits for."""

import redis

from jobs.infra.transport.keys import Keys
from jobs.infra.transport.lease import FETCH, Arrival, Lease


def renew_as_one_who_knows(lease: Lease) -> None:
    """As somebody who has renewed in step for a while: what the dead held goes back."""
    lease.renew()
    lease._disturbed = float("-inf")
    lease.renew()


def declare_dead(client: redis.Redis, consumer: str, keys: Keys = Keys()) -> None:  # noqa: B008 - it is frozen
    client.zadd(keys.consumers, {consumer: 1}, xx=True)


def take(client: redis.Redis, lease: Lease, queue: str, count: int) -> list[Arrival]:
    asked = lease.ask(count)
    keys, *rest = lease.arguments(asked, [lease.keys.wake(queue)], [lease.keys.ready(queue)])
    return lease.answered(asked, client.register_script(FETCH)(keys=rest[:keys], args=rest[keys:]))
