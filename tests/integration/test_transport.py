"""The transport as a kombu client sees it: order, delay, restores, foreign clients, stock on the other side."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from kombu import Connection, Exchange, Queue

from jobs.infra.transport import Transport
from jobs.infra.transport.channel import MAX_RESTORES
from jobs.infra.transport.keys import MOST_URGENT, Keys, step_of
from tests.support.brokers import BROKERS
from tests.support.waiting import until

QUEUE = "parcel"


def connect(url: str, prefix: str = "", **options: Any) -> Connection:
    return Connection(url, transport=Transport, transport_options={"global_keyprefix": prefix, **options})


@pytest.fixture(params=BROKERS)
def url(request: pytest.FixtureRequest, servers: Callable[[str], str]) -> str:
    """Each server that the transport is to work with. The rest of this process goes on speaking to its own."""
    return servers(request.param)


@pytest.fixture
def broker(url: str) -> Iterator[redis.Redis]:
    """The server, empty."""
    client = redis.Redis.from_url(url)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def channel(broker: redis.Redis, url: str) -> Iterator[Any]:
    with connect(url) as connection:
        channel = connection.default_channel
        Queue(QUEUE)(channel).declare()
        yield channel


def publish(channel: Any, body: object, **options: Any) -> None:
    channel.connection.client.Producer(channel).publish(body, routing_key=QUEUE, serializer="json", **options)


def taken(channel: Any) -> list[Any]:
    """Everything in the queue, acknowledged."""
    found = []
    while message := channel.basic_get(QUEUE):
        found.append(message.decode())
        message.ack()
    return found


def pending(broker: redis.Redis) -> int:
    return sum(broker.hlen(key) for key in broker.keys("conveyor:pending:*"))


def test_eleven_priorities_are_exact_and_first_in_first_out(channel: Any, broker: redis.Redis) -> None:
    for priority in (5, 10, 0, 7, 5, 1, 10, 9, 8, 2, 3, 4, 6):
        broker.lpush(Keys().ready(QUEUE, step_of(priority)), envelope({"priority": priority, "n": time.monotonic_ns()}))
    order = [(body["priority"], -body["n"]) for body in taken(channel)]
    assert len(order) == 13
    assert order == sorted(order, reverse=True)


@pytest.mark.parametrize(("strategy", "order"), [("priority", "urgent 9, calm 0"), ("round_robin", "calm 0, urgent 9")])
def test_queues_are_strictly_in_order_when_a_worker_asks_for_it(broker: redis.Redis, url: str, strategy: str, order: str) -> None:
    with connect(url, queue_order_strategy=strategy) as connection:
        channel, producer = connection.default_channel, connection.Producer()
        for queue, priority in (("calm", 0), ("urgent", 9)):
            Queue(queue)(channel).declare()
            producer.publish(f"{queue} {priority}", routing_key=queue, serializer="json", priority=priority)
        asked = channel.lease.ask(2)
        answer = channel._eval_now(channel._fetch_arguments(asked, ["urgent", "calm"]))
        arrivals = channel.lease.answered(asked, answer)
        channel.lease.give_back(arrival.number for arrival in arrivals)
        bodies = [json.loads(base64.b64decode(json.loads(arrival.raw)["body"])) for arrival in arrivals]
        assert ", ".join(bodies) == order


def test_every_priority_has_a_list_of_its_own_and_the_default_one_is_read_by_a_stock_worker() -> None:
    steps = [step_of(priority) for priority in range(MOST_URGENT, -1, -1)]
    assert steps == sorted(set(steps))
    assert step_of(MOST_URGENT) == 0
    assert step_of(5) in (0, 3, 6, 9)


def envelope(body: object, **more: Any) -> bytes:
    encoded = base64.b64encode(json.dumps(body).encode()).decode()
    info = {"body_encoding": "base64", "delivery_info": {"exchange": "", "routing_key": QUEUE}, "delivery_tag": "theirs"}
    return json.dumps(
        {"body": encoded, "content-encoding": "utf-8", "content-type": "application/json", "headers": {}, "properties": info, **more}
    ).encode()


@pytest.mark.parametrize("parts", [{}, {"headers": None, "properties": {"delivery_info": None}}], ids=["left out", "null"])
def test_a_foreign_client_that_writes_the_least_is_served(channel: Any, broker: redis.Redis, parts: dict[str, Any]) -> None:
    broker.lpush(QUEUE, json.dumps({"body": "[1]", "content-type": "application/json", "content-encoding": "utf-8", **parts}))
    message = channel.basic_get(QUEUE)
    assert message.decode() == [1]
    message.ack()


def test_a_stock_worker_drains_what_we_publish_and_we_what_stock_publishes(channel: Any, broker: redis.Redis, url: str) -> None:
    with Connection(url, transport="kombu.transport.redis:Transport") as stock:
        for priority in (0, 3, 6, 9):
            publish(channel, f"ours {priority}", priority=priority)
        theirs = stock.SimpleQueue(QUEUE)
        assert [theirs.get(timeout=20).decode() for _ in range(4)] == [f"ours {priority}" for priority in (0, 3, 6, 9)]
        theirs.put("theirs")
        assert taken(channel) == ["theirs"]
        theirs.close()


def test_a_message_with_an_eta_waits_in_redis_and_is_taken_when_due(channel: Any, broker: redis.Redis) -> None:
    def late() -> float:
        due = datetime.now(UTC) + timedelta(seconds=0.3)
        publish(channel, "later", headers={"eta": due.isoformat()})
        assert broker.zcard("conveyor:delayed") == 1
        seconds = consume(channel, 1)[0][1] - due.timestamp()
        assert seconds >= 0
        return seconds

    # A look once a second would always come 0.7 s late; a busy machine is late now and then.
    until(lambda: late() < 0.1, 20)


def consume(channel: Any, count: int, seconds: float = 20) -> list[tuple[Any, float]]:
    got: list[tuple[Any, float]] = []

    def take(body: Any, message: Any) -> None:
        got.append((body, time.time()))
        message.ack()

    connection = channel.connection.client
    with connection.Consumer([Queue(QUEUE)], channel=channel, callbacks=[take], accept=["json"]):
        end = time.monotonic() + seconds
        while len(got) < count and time.monotonic() < end:
            try:
                connection.drain_events(timeout=0.5)
            except TimeoutError:
                continue
    return got


def test_a_waiting_consumer_sees_a_new_message_at_once(channel: Any, broker: redis.Redis, url: str) -> None:
    import threading

    sent: list[float] = []

    def send() -> None:
        until(lambda: broker.info("clients")["blocked_clients"], 20)
        with connect(url) as other:
            sent.append(time.time())
            publish(other.default_channel, "now")

    def took() -> float:
        sender = threading.Thread(target=send)
        sender.start()
        [(_, seen)] = consume(channel, 1)
        sender.join()
        return seen - sent[-1]

    # Who looks once a second would mostly come later; a busy machine is late now and then.
    until(lambda: took() < 0.1, 20)


def test_a_restored_message_is_the_same_bytes_counted_and_first(channel: Any, broker: redis.Redis) -> None:
    publish(channel, "first")
    publish(channel, "second")
    raw = broker.lindex(QUEUE, -1)
    message = channel.basic_get(QUEUE)
    assert message.headers["deliveries"] == 0
    assert "redelivered" not in message.delivery_info
    message.requeue()
    assert broker.lindex(QUEUE, -1) == raw
    again = channel.basic_get(QUEUE)
    assert (again.decode(), again.headers["deliveries"], again.delivery_info["redelivered"]) == ("first", 1, True)
    again.ack()
    assert taken(channel) == ["second"]
    until(lambda: not broker.exists("conveyor:deliveries"), 20)


def test_a_message_that_was_only_given_back_is_not_counted(broker: redis.Redis, url: str) -> None:
    with connect(url) as connection:
        publish(connection.default_channel, "kept")
        connection.default_channel.basic_get(QUEUE)
    assert (broker.llen(QUEUE), pending(broker)) == (1, 0)
    with connect(url) as connection:
        message = connection.default_channel.basic_get(QUEUE)
        assert (message.headers["deliveries"], message.delivery_info["redelivered"]) == (0, True)
        message.ack()


def test_a_plain_message_restored_too_often_is_a_dead_letter(channel: Any, broker: redis.Redis) -> None:
    publish(channel, "poison")
    for _ in range(MAX_RESTORES + 1):
        channel.basic_get(QUEUE).requeue()
    assert channel.basic_get(QUEUE) is None
    letter = json.loads(broker.lindex("dead_letter", 0))
    about = letter["headers"]["x-dead-letter"]
    assert (about["reason"], about["queue"], about["deliveries"]) == ("worker_lost", QUEUE, MAX_RESTORES + 1)
    assert base64.b64decode(letter["body"]) == b'"poison"'
    assert pending(broker) == 0


NO_MESSAGES = [
    *(b"no json", b"\xff\xfe", b"[]", b"17", b'{"headers": 3, "properties": []}', b'{"headers": 3}', b'{"properties": [1]}'),
    b'{"properties": {"delivery_info": "x"}}',
    b'{"body": "x", "properties": {"body_encoding": "base64"}}',
    b'{"body": "eA==", "properties": {"body_encoding": "rot13"}}',
]


@pytest.mark.parametrize("raw", NO_MESSAGES)
def test_what_is_no_message_is_a_dead_letter_with_its_bytes(channel: Any, broker: redis.Redis, raw: bytes) -> None:
    broker.lpush(QUEUE, raw)
    assert channel.basic_get(QUEUE) is None
    letter = json.loads(broker.lindex("dead_letter", 0))
    assert letter["headers"]["x-dead-letter"]["reason"] == "undecodable"
    assert base64.b64decode(json.loads(base64.b64decode(letter["body"]))["raw"]) == raw
    assert pending(broker) == 0


def test_acknowledging_frees_the_slot_and_never_raises_while_redis_is_away(
    channel: Any, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(channel, "only")
    channel.basic_qos(prefetch_count=1)
    message = channel.basic_get(QUEUE)
    assert not channel.qos.can_consume()

    def away(*_: Any, **__: Any) -> None:
        raise redis.ConnectionError("away")

    with monkeypatch.context() as patch:
        patch.setattr(channel.lease, "_settle", away)
        message.ack()
        assert channel.qos.can_consume()
    until(lambda: pending(broker) == 0, 20)


def test_a_batch_is_published_and_wakes(channel: Any, broker: redis.Redis) -> None:
    producer = channel.connection.client.Producer(channel)
    with producer.batch():
        for number in range(20):
            producer.publish(number, routing_key=QUEUE, serializer="json")
    assert broker.exists(f"{QUEUE}:wake")
    assert taken(channel) == list(range(20))


def test_size_purge_and_delete_know_every_priority(channel: Any, broker: redis.Redis) -> None:
    Queue(QUEUE, Exchange("parcels"), QUEUE)(channel).declare()
    for priority in range(10):
        publish(channel, priority, priority=priority)
    assert channel.queue_declare(QUEUE, passive=True).message_count == 10
    assert channel.queue_purge(QUEUE) == 10
    publish(channel, "x")
    channel.queue_delete(QUEUE)
    assert not broker.keys(f"{QUEUE}*")


def test_a_prefix_stands_before_every_key(broker: redis.Redis, url: str) -> None:
    with connect(url, "mine:") as connection:
        channel = connection.default_channel
        Queue(QUEUE)(channel).declare()
        publish(channel, "now")
        publish(channel, "soon", headers={"eta": (datetime.now(UTC) + timedelta(seconds=0.1)).isoformat()})
        assert [body for body, _ in consume(channel, 2)] == ["now", "soon"]
        assert all(key.startswith(b"mine:") for key in broker.scan_iter())


def test_stock_would_lose_an_undelivered_answer_and_ours_comes_back(channel: Any, broker: redis.Redis) -> None:
    publish(channel, "only")
    lease = channel.lease
    asked = lease.ask(1)
    channel._eval_now(channel._fetch_arguments(asked, [QUEUE]))
    assert (broker.llen(QUEUE), pending(broker)) == (0, 1)
    lease.failed(asked)
    lease.renew()
    assert (broker.llen(QUEUE), pending(broker)) == (1, 0)
