"""The channel: fetches many messages in one atomic call, waits on wake tokens, keeps delayed messages in Redis.

One socket asks in turns: FETCH (a script, answers at once) and, when there was nothing, WAIT (BRPOP of a wake token, which
may get lost without harm). A message stays in Redis, as pending, from the moment it leaves its ready list.
"""

import hashlib
import os
from collections import deque
from queue import Empty
from time import monotonic, time
from typing import Any

import redis
from kombu.transport import redis as stock
from kombu.transport import virtual
from kombu.utils.json import dumps
from redis.exceptions import NoScriptError

from jobs.infra.transport import activity, begun, envelope
from jobs.infra.transport.keys import DEAD_LETTER, STEPS, STRICT, WAKE_TOKENS, Keys
from jobs.infra.transport.lease import FETCH, Arrival, Asked, Lease
from jobs.infra.transport.qos import QoS

BATCH = 64
# A client that pushes no wake token (stock, foreign) is heard after this at the latest.
WAIT = 0.25
MAX_RESTORES = 3
FETCH_SHA = hashlib.sha1(FETCH.encode()).hexdigest()
_leases: dict[tuple[int, str, str], Lease] = {}


class Unreadable(Exception):
    """The envelope is one, what is in it is not: a body in an unknown encoding, for one."""


class Message(virtual.Message):
    def __init__(self, payload: dict[str, Any], channel: Any = None, **options: Any) -> None:
        try:
            super().__init__(payload, channel, **options)
        except Exception as error:  # whatever is wrong with it, it is that message alone
            raise Unreadable from error


def give_back_all() -> None:
    """This process is about to end: all that it still holds goes back now."""
    for lease in tuple(_leases.values()):
        if lease.process == os.getpid():
            lease.give_back(tuple(lease.held))
            lease.return_now()


class Channel(stock.Channel):
    QoS = QoS
    Message = Message
    priority_steps = list(STEPS)
    max_priority = STEPS[-1]
    # A fetch or a wait that is answered later than this has lost its connection, half-open ones too.
    health_check_interval = 3
    _asked: Asked | None = None
    _lease: Lease | None = None
    _nothing_there = False
    _next_due = -1

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._unacknowledged_queues: set[str] = set()
        super().__init__(*args, **kwargs)
        self.keys = Keys(self.global_keyprefix)

    @property
    def lease(self) -> Lease:
        """This process's lease at this broker; a closed channel keeps it for what it still runs."""
        if self._lease is None or self._lease.process != os.getpid():
            where = os.getpid(), self.connection.client.as_uri(include_password=True), self.global_keyprefix
            if where not in _leases:
                _leases[where] = Lease(redis.Redis(connection_pool=self._get_pool()), self.keys)
            self._lease = _leases[where]
        return self._lease

    # Publishing

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        batch = kwargs.get("_publish_batch")
        commands = self._publishing(queue, message)
        if batch is not None:
            for name, *args in commands:
                batch.add(name, *args)
            return
        with self.conn_or_acquire() as client, client.pipeline(transaction=False) as pipe:
            for name, *args in commands:
                getattr(pipe, name)(*args)
            pipe.execute()

    def _publishing(self, queue: str, message: dict[str, Any]) -> list[tuple[Any, ...]]:
        # kombu's client puts the prefix before the keys of most commands; LTRIM and what is inside a member are ours to prefix.
        keys, step = Keys(), self._get_message_priority(message, reverse=False)
        wake: list[tuple[Any, ...]] = [("lpush", keys.wake(queue), 1), ("ltrim", self.keys.wake(queue), 0, WAKE_TOKENS - 1)]
        if due := envelope.due(message):
            delayed = ("zadd", keys.delayed, {f"{self.keys.ready(queue, step)}\n{dumps(message)}": due})
            # Who sleeps knows of nothing that is due before it looks again.
            return [delayed, *(wake if due < (time() + WAIT) * 1000 else [])]
        commands: list[tuple[Any, ...]] = [("lpush", keys.ready(queue, step), dumps(message)), *wake]
        if queue in self._expires:
            commands += [("pexpire", name, self._expires[queue]) for name in (keys.ready(queue, step), keys.wake(queue))]
        return commands

    def _delete(self, queue: str, *args: Any, **kwargs: Any) -> None:
        super()._delete(queue, *args, **kwargs)
        with self.conn_or_acquire(kwargs.get("client")) as client:
            client.delete(Keys().wake(queue))

    # Consuming

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **kwargs: Any) -> Any:
        if no_ack:
            self._unacknowledged_queues.add(queue)
        if queue not in self._fanout_queues:
            self.lease.join(self)
        return super().basic_consume(queue, no_ack, *args, **kwargs)

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> Any:
        self.lease.join(self)
        asked = self.lease.ask(1)
        try:
            answer = self._eval_now(self._fetch_arguments(asked, [queue]))
        except BaseException:
            self.lease.failed(asked)
            raise
        for arrival in self._arrivals(asked, answer):
            payload = self._payload(arrival)
            if payload is not None:
                try:
                    message = self.Message(payload, channel=self)
                except Unreadable:
                    self._bury_unreadable(arrival)
                    continue
                self.qos.append(message, message.delivery_tag)
                if no_ack:
                    self.qos.ack(message.delivery_tag)
                return message
        return None

    def _brpop_start(self, timeout: float | None = None) -> None:
        queues = self._queue_cycle.consume(len(self.active_queues))
        if not queues:
            return
        # Who asks anew will not hear the answer to what was asked before: its connection was dropped.
        self._fetch_failed()
        connection = self.client.connection
        self._in_poll, self._brpop_sent_at = connection, monotonic()
        if self._nothing_there:
            wait = WAIT if self._next_due < 0 else min(WAIT, max(self._next_due, 1) / 1000)
            connection.send_command("BRPOP", *(self.keys.wake(queue) for queue in queues), wait)
            return
        credit = self.qos.can_consume_max_estimate()
        self._asked = self.lease.ask(BATCH if credit is None else min(BATCH, credit))
        try:
            connection.send_command("EVALSHA", FETCH_SHA, *self._fetch_arguments(self._asked, queues))
        except BaseException:
            self._fetch_failed()
            raise

    def _brpop_read(self, **options: Any) -> bool:
        try:
            answer = self._read()
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()
        if self._asked is None:
            self._nothing_there = False
            raise Empty
        asked, self._asked = self._asked, None
        arrivals = self._arrivals(asked, answer)
        self._nothing_there = not arrivals
        if not arrivals:
            raise Empty
        self._queue_cycle.rotate(arrivals[-1].queue)
        self._hand_over(arrivals)
        return True

    def _read(self) -> Any:
        connection = self.client.connection
        try:
            return self.client.parse_response(connection, "EVALSHA")
        except NoScriptError:
            connection.send_command("SCRIPT", "LOAD", FETCH)
            self.client.parse_response(connection, "SCRIPT")
            self._fetch_failed()
            return None
        except BaseException:
            self._fetch_failed()
            connection.disconnect()
            raise

    def _fetch_failed(self) -> None:
        if self._asked is not None:
            self.lease.failed(self._asked)
            self._asked = None

    def _fetch_arguments(self, asked: Asked, queues: list[str]) -> list[Any]:
        if self.queue_order_strategy == STRICT:
            ready = [self.keys.ready(queue, step) for queue in queues for step in self.priority_steps]
        else:
            ready = [self.keys.ready(queue, step) for step in self.priority_steps for queue in queues]
        return self.lease.arguments(asked, [self.keys.wake(queue) for queue in queues], ready)

    def _eval_now(self, arguments: list[Any]) -> Any:
        with redis.Redis(connection_pool=self.pool) as client:
            return client.execute_command("EVAL", FETCH, *arguments)

    def _arrivals(self, asked: Asked, answer: list[Any]) -> list[Arrival]:
        self._next_due = answer[0]
        return self.lease.answered(asked, answer)

    def _hand_over(self, arrivals: list[Arrival]) -> None:
        """Deliver each; if one fails or the worker stops, the others go back."""
        waiting = deque(arrivals)
        self.connection.cycle.delivering = True
        try:
            while waiting and not activity.stopping():
                arrival = waiting.popleft()
                payload = self._payload(arrival)
                if payload is not None:
                    self._deliver_one(arrival, payload)
        finally:
            if waiting:
                self.lease.give_back(arrival.number for arrival in waiting)
                self.lease.return_now()
            self.connection.cycle.delivering = False
        self.connection.cycle.delivered()

    def _deliver_one(self, arrival: Arrival, payload: dict[str, Any]) -> None:
        if arrival.queue not in self.connection._callbacks:
            self.lease.give_back([arrival.number])
            return
        try:
            self.connection._deliver(payload, arrival.queue)
        except Unreadable:
            self._bury_unreadable(arrival)
            return
        if arrival.queue in self._unacknowledged_queues:
            self.lease.done(arrival.number)

    def _payload(self, arrival: Arrival) -> dict[str, Any] | None:
        """The message for Celery; None when it became a dead letter, or its time has not come."""
        try:
            payload, info = envelope.opened(arrival.raw, arrival.queue)
        except ValueError:
            self._bury_unreadable(arrival)
            return None
        due = envelope.due(payload)
        if due and arrival.queue != DEAD_LETTER and self.lease.postpone(arrival.number, due):
            return None
        times = int(arrival.deliveries or 0)
        if times > MAX_RESTORES and arrival.queue != DEAD_LETTER and "conveyor" not in payload["headers"]:
            self.lease.bury(arrival.number, envelope.dead(payload, "worker_lost", arrival.queue, times))
            return None
        if arrival.deliveries:
            payload["headers"]["redelivered"] = info["redelivered"] = True
            if "conveyor" not in payload["headers"]:
                payload["headers"][begun.HOLDER] = f"{self.lease.pending}:{arrival.number}"
        payload["headers"]["deliveries"] = times
        payload["properties"]["delivery_tag"] = str(arrival.number)
        return payload

    def _bury_unreadable(self, arrival: Arrival) -> None:
        self.lease.bury(arrival.number, envelope.unreadable(arrival.raw, arrival.queue))

    def basic_cancel(self, consumer_tag: str) -> Any:
        self._unacknowledged_queues.discard(self._tag_to_queue.get(consumer_tag, ""))
        answer = super().basic_cancel(consumer_tag)
        if activity.stopping() and not self.active_queues and self._qos:
            # A warm shutdown lets what runs finish; the others need not wait for it.
            self._qos.restore_unacked()
        return answer

    def close(self) -> None:
        self._fetch_failed()
        self._in_poll = None
        super().close()
        if self._lease is not None:
            self._lease.leave(self)
            self._lease.return_now()


class SentinelChannel(Channel, stock.SentinelChannel):
    """The same behind Sentinel: which server is the master is asked at each connection."""
