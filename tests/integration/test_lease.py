"""What a consumer holds: an answer that never came, messages of strangers, and whose message it is after a jump of the clock."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import redis
from kombu import Connection, Queue

from jobs.infra.transport.keys import Keys
from jobs.infra.transport.lease import LEASE, Lease
from tests.integration.test_transport import QUEUE, connect, pending, publish
from tests.support.leases import declare_dead, renew_as_one_who_knows, take
from tests.support.waiting import until

ELSEWHERE = timezone(timedelta(hours=5))


@pytest.fixture
def broker(servers: Callable[[str], str]) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(servers("valkey-9"))
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def channel(broker: redis.Redis, servers: Callable[[str], str]) -> Iterator[Any]:
    with connect(servers("valkey-9")) as connection:
        channel = connection.default_channel
        Queue(QUEUE)(channel).declare()
        yield channel


def test_a_fetch_whose_connection_was_dropped_unanswered_is_given_back(channel: Any, broker: redis.Redis) -> None:
    got: list[Any] = []
    connection = channel.connection.client

    def drained(count: int) -> bool:
        with contextlib.suppress(TimeoutError):
            connection.drain_events(timeout=0.2)
        return len(got) == count

    with connection.Consumer([Queue(QUEUE)], channel=channel, callbacks=[lambda body, message: got.append(body)], accept=["json"]):
        publish(channel, "first")
        until(lambda: drained(1), 20)
        publish(channel, "only")
        connection.transport.cycle.on_poll_start()
        until(lambda: pending(broker) == 2, 20)
        channel._in_poll.disconnect()
        until(lambda: drained(2), 20)
    assert got == ["first", "only"]


def _with_eta(protocol: int, seconds: float) -> tuple[dict[str, Any], Any]:
    eta = (datetime.now(ELSEWHERE) + timedelta(seconds=seconds)).isoformat()
    if protocol == 1:
        return {}, {"task": "any", "id": "1", "args": [], "kwargs": {}, "eta": eta}
    return {"task": "any", "id": "1", "eta": eta}, [[], {}, {}]


@pytest.mark.parametrize("protocol", [1, 2])
def test_what_another_client_wrote_with_an_eta_waits_in_redis(channel: Any, broker: redis.Redis, protocol: int, servers: Any) -> None:
    """Stock Celery would keep it in a worker's memory; `countdown` and `retry` are such an eta."""
    with Connection(servers("valkey-9"), transport="kombu.transport.redis:Transport") as stock:
        for seconds in (-3600, 3600):
            headers, body = _with_eta(protocol, seconds)
            stock.Producer().publish(body, headers=headers, routing_key=QUEUE, serializer="json")
    message = channel.basic_get(QUEUE)
    assert (message.decode() if protocol == 1 else message.headers)["eta"] < datetime.now(ELSEWHERE).isoformat()
    message.ack()
    assert channel.basic_get(QUEUE) is None
    assert (broker.zcard("conveyor:delayed"), broker.llen(QUEUE)) == (1, 0)
    until(lambda: pending(broker) == 0, 20)


def test_what_is_due_in_a_moment_wakes_who_sleeps(channel: Any, broker: redis.Redis) -> None:
    """A sleeper looks after WAIT again: it would be late with what is due sooner."""
    for seconds, tokens in ((3600, 0), (0.1, 1)):
        publish(channel, "later", headers={"eta": (datetime.now(ELSEWHERE) + timedelta(seconds=seconds)).isoformat()})
        assert broker.llen(f"{QUEUE}:wake") == tokens


def restored_by_another(broker: redis.Redis, dead: Lease) -> None:
    declare_dead(broker, dead.consumer)
    renew_as_one_who_knows(Lease(broker, Keys()))
    assert not broker.exists(dead.pending)


def test_one_death_counts_once_for_equal_messages_and_never_again_for_what_had_not_begun(broker: redis.Redis) -> None:
    broker.lpush(QUEUE, b"same", b"same")
    for _ in range(3):
        lease = Lease(broker, Keys())
        assert len(take(broker, lease, QUEUE, 2)) == 2
        restored_by_another(broker, lease)
    assert list(broker.hgetall("conveyor:deliveries").values()) == [b"1"]
    lease = Lease(broker, Keys())
    first, _ = take(broker, lease, QUEUE, 2)
    broker.hset("conveyor:deliveries", f"{lease.pending}:{first.number}", 1)
    restored_by_another(broker, lease)
    assert list(broker.hgetall("conveyor:deliveries").values()) == [b"2"]


def test_after_a_jump_of_the_clock_the_living_get_time_to_renew(broker: redis.Redis) -> None:
    broker.lpush(QUEUE, b"held")
    holder, first = Lease(broker, Keys()), Lease(broker, Keys())
    take(broker, holder, QUEUE, 1)
    renew_as_one_who_knows(first)
    # An hour ahead: to the server all leases are over, and the last renewals were long ago.
    declare_dead(broker, holder.consumer)
    first._renewed -= 3_600_000
    for _ in range(3):
        first.renew()
    assert (broker.llen(QUEUE), pending(broker)) == (0, 1)


def test_a_clock_that_was_set_back_does_not_keep_the_dead_alive(broker: redis.Redis) -> None:
    dead, first = Lease(broker, Keys()), Lease(broker, Keys())
    broker.zadd("conveyor:consumers", {dead.consumer: 4_000_000_000_000})
    first.renew()
    assert broker.zscore("conveyor:consumers", dead.consumer) == broker.zscore("conveyor:consumers", first.consumer)


def test_a_full_redis_lets_what_it_has_wait(broker: redis.Redis) -> None:
    lease = Lease(broker, Keys())
    broker.lpush(QUEUE, b"later")
    [arrival] = take(broker, lease, QUEUE, 1)
    broker.config_set("maxmemory", 1)
    try:
        assert lease.postpone(arrival.number, 4_000_000_000_000)
        assert (broker.zcard("conveyor:delayed"), pending(broker)) == (1, 0)
    finally:
        broker.config_set("maxmemory", 0)


def test_who_slept_for_longer_than_the_lease_notices_what_went_elsewhere(broker: redis.Redis) -> None:
    broker.lpush(QUEUE, b"first", b"second")
    sleeper = Lease(broker, Keys())
    first, second = take(broker, sleeper, QUEUE, 2)
    sleeper._heard -= 2 * LEASE
    assert [sleeper.has(str(each.number)) for each in (first, second)] == [True, True]
    broker.hdel(sleeper.pending, second.number)
    for _ in range(2):
        assert [sleeper.has(str(each.number)) for each in (first, second)] == [True, False]
        sleeper.renew()
    # What it takes from now on is its own.
    assert sleeper.ask(1).first >= sleeper._doubtful
