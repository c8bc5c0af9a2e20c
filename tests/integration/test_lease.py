"""What a consumer holds: an answer that never came, messages of strangers, and whose message it is after a jump of the clock."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from kombu import Queue

from tests.integration.test_transport import QUEUE, connect, pending, publish
from tests.support.waiting import until


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
