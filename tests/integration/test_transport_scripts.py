"""Whatever consumers do and in whatever order, each message is in exactly one place, and is taken in its order."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable

import pytest
import redis
from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobs.infra.transport.keys import DEAD_LETTER, Keys
from jobs.infra.transport.lease import FETCH, Arrival, Lease
from tests.support.brokers import BROKERS
from tests.support.leases import declare_dead, renew_as_one_who_knows

QUEUES = ["urgent", "calm"]
STEPS = (0, 6, 11)
FAR = 4_102_444_800_000
KEYS = Keys("machine:")


class Transport(RuleBasedStateMachine):
    url = ""
    taken = Bundle("taken")

    @initialize()
    def start(self) -> None:
        self.redis = redis.Redis.from_url(self.url)
        for name in self.redis.keys("machine:*"):
            self.redis.delete(name)
        self.fetch = self.redis.register_script(FETCH)
        self.consumers = {name: Lease(self.redis, KEYS) for name in "ab"}
        self.expected: Counter[bytes] = Counter()
        self.published = 0

    @rule(queue=st.sampled_from(QUEUES), step=st.sampled_from(STEPS))
    def publish(self, queue: str, step: int) -> None:
        self.redis.lpush(KEYS.ready(queue, step), self._new())

    @rule(queue=st.sampled_from(QUEUES), due=st.sampled_from([1, FAR]))
    def delay(self, queue: str, due: int) -> None:
        self.redis.zadd(KEYS.delayed, {KEYS.ready(queue).encode() + b"\n" + self._new(): due})

    @rule(target=taken, name=st.sampled_from("ab"), wanted=st.integers(1, 4))
    def take(self, name: str, wanted: int) -> object:
        lease = self.consumers[name]
        return multiple(*((lease, arrival) for arrival in self._take(lease, wanted)))

    @rule(name=st.sampled_from("ab"), wanted=st.integers(1, 4))
    def lose_the_answer(self, name: str, wanted: int) -> None:
        lease = self.consumers[name]
        asked = lease.ask(wanted)
        arguments = self._arguments(lease, asked)
        self.fetch(*arguments)
        lease.failed(asked)

    @rule(message=consumes(taken))
    def acknowledge(self, message: tuple[Lease, Arrival]) -> None:
        lease, arrival = message
        if self.redis.hexists(lease.pending, arrival.number):
            self.expected[arrival.raw] -= 1
        lease.done(arrival.number)
        lease.flush()

    @rule(message=consumes(taken))
    def give_back(self, message: tuple[Lease, Arrival]) -> None:
        lease, arrival = message
        lease.give_back([arrival.number])

    @rule(message=consumes(taken))
    def requeue(self, message: tuple[Lease, Arrival]) -> None:
        lease, arrival = message
        pending = self.redis.hexists(lease.pending, arrival.number)
        lease.requeue(arrival.number)
        if pending:
            assert int(self.redis.hget(KEYS.deliveries, sha1(arrival.raw)) or 0) >= 1

    @rule(message=consumes(taken))
    def bury(self, message: tuple[Lease, Arrival]) -> None:
        lease, arrival = message
        lease.bury(arrival.number, arrival.raw.decode())

    @rule(message=consumes(taken), due=st.sampled_from([1, FAR]))
    def postpone(self, message: tuple[Lease, Arrival], due: int) -> None:
        lease, arrival = message
        if not lease.postpone(arrival.number, due):
            lease.give_back([arrival.number])

    @rule(name=st.sampled_from("ab"))
    def renew(self, name: str) -> None:
        self.consumers[name].renew()

    @rule(name=st.sampled_from("ab"))
    def die(self, name: str) -> None:
        """The consumer is gone, its lease runs out, and the other finds it out."""
        dead = self.consumers[name]
        declare_dead(self.redis, dead.consumer, KEYS)
        renew_as_one_who_knows(self.consumers["b" if name == "a" else "a"])
        assert not self.redis.exists(dead.pending)
        self.consumers[name] = Lease(self.redis, KEYS)

    @precondition(lambda self: self.published)
    @rule(name=st.sampled_from("ab"))
    def restored_messages_are_taken_first_and_in_their_order(self, name: str) -> None:
        for consumer in self.consumers.values():
            consumer.renew()
        lease = self.consumers[name]
        before = self._take(lease, 3)
        lease.give_back(arrival.number for arrival in before)
        lease.renew()
        again = self._take(lease, 3)
        lease.give_back(arrival.number for arrival in again)
        lease.renew()
        assert [a.raw for a in again] == [a.raw for a in before]
        assert all(a.deliveries for a in again)

    @invariant()
    def each_message_is_in_exactly_one_place(self) -> None:
        if hasattr(self, "redis"):
            assert self._places() == +self.expected

    def _new(self) -> bytes:
        self.published += 1
        message = json.dumps({"n": self.published}).encode()
        self.expected[message] += 1
        return message

    def _arguments(self, lease: Lease, asked: object) -> tuple[list[object], list[object]]:
        ready = [KEYS.ready(queue, step) for step in STEPS for queue in QUEUES]
        count, *rest = lease.arguments(asked, [KEYS.wake(queue) for queue in QUEUES], ready)  # type: ignore[arg-type]
        return rest[:count], rest[count:]

    def _take(self, lease: Lease, wanted: int) -> list[Arrival]:
        asked = lease.ask(wanted)
        arguments = self._arguments(lease, asked)
        return lease.answered(asked, self.fetch(*arguments))

    def _places(self) -> Counter[bytes]:
        lists = [KEYS.ready(queue, step) for queue in QUEUES for step in STEPS] + [KEYS.ready(DEAD_LETTER)]
        found = [message for name in lists for message in self.redis.lrange(name, 0, -1)]
        kept = [value for name in self.redis.keys("machine:conveyor:pending:*") for value in self.redis.hvals(name)]
        kept += self.redis.zrange(KEYS.delayed, 0, -1)
        return Counter(found + [value.split(b"\n", 1)[1] for value in kept])


def sha1(raw: bytes) -> str:
    return hashlib.sha1(raw).hexdigest()


@pytest.mark.parametrize("server", BROKERS)
def test_each_message_is_in_exactly_one_place(server: str, servers: Callable[[str], str]) -> None:
    machine = type("Machine", (Transport,), {"url": servers(server)})
    run_state_machine_as_test(machine, settings=limits(max_examples=50, stateful_step_count=40, deadline=None))  # type: ignore[no-untyped-call]
