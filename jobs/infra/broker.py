"""The gateway to the queues: it writes Celery's own messages (protocol 2) straight into the lists that workers read.

The names of the lists and the order of their priorities are in jobs.infra.transport.keys.
"""

import base64
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import redis
from django.conf import settings
from kombu.utils.json import dumps

from jobs.core.errors import Unavailable
from jobs.core.gates import Rules
from jobs.core.message import Message
from jobs.infra import gates, steps
from jobs.infra.redis import client, hot_key, journal_key, key
from jobs.infra.scripts import Call, call_many, script
from jobs.infra.transport.keys import MOST_URGENT, WAKE_TOKENS, Keys, step_of

DEAD_LETTER = "dead_letter"
# Redis forgets the hot state of a job after this long without a sign of it; the row stays.
HOT_FOR = timedelta(days=7)
HOT_AFTER_END = timedelta(hours=1)
KILL_AFTER = timedelta(seconds=10)
CHUNK = 500


def milliseconds(moment: datetime | timedelta) -> int:
    if isinstance(moment, timedelta):
        return int(moment.total_seconds() * 1000)
    return int(moment.timestamp() * 1000)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def ready_key(queue: str, priority: int) -> str:
    return Keys(settings.CONVEYOR_PREFIX).ready(queue, step_of(priority))


def ready_keys(queue: str) -> list[str]:
    return [ready_key(queue, priority) for priority in range(MOST_URGENT, -1, -1)]


def delayed_key() -> str:
    return key("delayed")


def publish(messages: Sequence[Message], *, force: bool = False) -> int:
    """Put the messages on the broker, each at most once per turn; answers how many. Raises Unavailable."""
    try:
        published = sum(_publish(messages[at : at + CHUNK], force) for at in range(0, len(messages), CHUNK))
    except redis.RedisError as error:
        raise Unavailable("The broker can't be reached; the job is kept and will be published later.") from error
    # Of fewer it is not known which: the others were out already, or had ended.
    steps.tell_all("job.published", messages if published == len(messages) else ())
    return published


def _publish(messages: Sequence[Message], force: bool) -> int:
    keys = [journal_key(), delayed_key()]
    for message in messages:
        keys += [hot_key(message.id), ready_key(message.queue, message.priority)]
    texts = [envelope(message) for message in messages]
    return gates.under_rules(lambda rules: _published(keys, messages, texts, force, rules))


def _published(keys: list[str], messages: Sequence[Message], texts: list[str], force: bool, rules: Rules) -> int | None:
    """None when the rules are others now."""
    args: list[Any] = [len(messages), milliseconds(HOT_FOR), "force" if force else "", rules.version]
    for message, text in zip(messages, texts, strict=True):
        due = milliseconds(message.due) if message.due else 0
        later = due > now_ms()
        data = {"turn": message.turn, "attempt": message.attempt, "at": now_ms(), **({"due": due} if later else {})}
        args += [message.id, message.tenant, message.turn, message.attempt, due if later else "", text, orjson.dumps(data).decode()]
        args += ["\n".join(rules.gates(message.subject())), message.priority]
    published = int(script("publish")(keys=keys, args=args))
    return None if published < 0 else published


def held(message: Message) -> str:
    """The message as the scripts keep it before a gate."""
    return f"{ready_key(message.queue, message.priority)}\n{envelope(message)}"


def park(message: Message) -> None:
    """This worker does not know the type. The job waits till one does; it comes back soon when another does already."""
    args: list[Any] = [message.id, message.tenant, message.turn, message.attempt, message.priority, f"{gates.UNKNOWN}{message.type}"]
    script("park")(keys=[hot_key(message.id), journal_key()], args=[*args, held(message.following(message.attempt))])


def move(messages: Sequence[tuple[Message, int]]) -> list[bool]:
    """Put jobs that have not started anew in line, each with the message of the turn after the one that is expected; one round
    trip. False for one that runs, has ended, or has another turn by now. Raises redis.RedisError."""
    return [bool(moved) for moved in call_many("move", [_moving(*each) for each in messages])] if messages else []


def _moving(message: Message, expected: int) -> Call:
    text, target = envelope(message), ready_key(message.queue, message.priority)
    due = milliseconds(message.due) if message.due and milliseconds(message.due) > now_ms() else 0
    data = {"turn": message.turn, "attempt": message.attempt, "at": now_ms(), **({"due": due} if due else {})}
    args: list[Any] = [message.id, message.tenant, expected, message.attempt, due or "", f"{target}\n{text}" if due else text]
    args += [orjson.dumps(data).decode(), milliseconds(HOT_FOR), message.priority]
    return [hot_key(message.id), journal_key(), delayed_key() if due else target], args


def promote(limit: int = 1000) -> int:
    """Move what has become due from the delayed set to its ready lists; answers how many."""
    return int(script("promote")(keys=[delayed_key()], args=[limit]))


def envelope(message: Message) -> str:
    """The message as kombu keeps it in Redis."""
    headers = {
        "lang": "py",
        "task": message.type,
        "id": message.id,
        "root_id": message.id,
        "parent_id": None,
        "group": None,
        "retries": message.attempt - 1,
        "timelimit": _time_limits(message.timeout),
        "eta": None,
        "expires": message.expires.astimezone(UTC).isoformat() if message.expires else None,
        "argsrepr": "()",
        "kwargsrepr": repr(message.payload)[:1000],
        "origin": "conveyor",
        "ignore_result": False,
        "conveyor": {
            "turn": message.turn,
            "attempt": message.attempt,
            "attempts": message.attempts,
            "tenant": message.tenant,
            "queue": message.queue,
            "priority": message.priority,
            "timeout": message.timeout.total_seconds(),
            "request_id": message.request_id,
            **({"tags": message.tags} if message.tags else {}),
            **({"trace": message.trace, "sent": now_ms()} if message.trace else {}),
        },
    }
    body = [[], message.payload, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
    return wrap(body, headers, message.id, message.queue, step_of(message.priority))


def _time_limits(timeout: timedelta) -> list[float]:
    """[hard, soft] in seconds: the soft one raises inside the job, the hard one kills it."""
    return [(timeout + KILL_AFTER).total_seconds(), timeout.total_seconds()]


def wrap(body: Any, headers: dict[str, Any], correlation_id: str, queue: str, step: int = 0) -> str:
    properties = {
        "correlation_id": correlation_id,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": queue},
        "priority": step,
        "body_encoding": "base64",
        "delivery_tag": str(uuid.uuid4()),
    }
    encoded = base64.b64encode(orjson.dumps(body)).decode()
    message = {"body": encoded, "content-encoding": "utf-8", "content-type": "application/json"}
    return orjson.dumps({**message, "headers": headers, "properties": properties}).decode()


# What Celery's worker adds to the headers of a message that it holds.
ADDED = ("args", "kwargs", "properties", "reply_to", "correlation_id", "hostname", "delivery_info")


def put_back(body: Any, request: dict[str, Any]) -> None:
    """Put the message of a plain task on its queue again, first in line."""
    properties = request["properties"]
    message = {
        "body": base64.b64encode(dumps(body).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {name: value for name, value in request.items() if name not in ADDED},
        "properties": {**properties, "body_encoding": "base64", "delivery_tag": str(uuid.uuid4())},
    }
    queue = properties["delivery_info"]["routing_key"]
    client().rpush(Keys(settings.CONVEYOR_PREFIX).ready(queue, properties.get("priority") or 0), orjson.dumps(message))


def pause(queue: str, by: str, why: str) -> None:
    """No worker takes from the queue until it is resumed; what runs goes on."""
    client().hset(_keys().paused, _keys().ready(queue), orjson.dumps({"by": by, "why": why, "at": now_ms()}).decode())


def resume(queue: str) -> None:
    with client().pipeline(transaction=False) as pipe:
        pipe.hdel(_keys().paused, _keys().ready(queue))
        pipe.lpush(_keys().wake(queue), *["1"] * WAKE_TOKENS)
        pipe.execute()


def paused() -> dict[str, dict[str, Any]]:
    """The paused queues: {by, why, at} of each."""
    held: Any = client().hgetall(_keys().paused)
    return {_keys().queue(name): orjson.loads(text) for name, text in held.items()}


def place(queue: str, priority: int, job_id: str, look: int = 5000) -> int | None:
    """How many messages stand before the job's in its queue; None when it is not among the first that are looked at."""
    before = [ready_key(queue, urgent) for urgent in range(MOST_URGENT, priority, -1)]
    with client().pipeline(transaction=False) as pipe:
        for name in before:
            pipe.llen(name)
        pipe.lrange(ready_key(queue, priority), -look, -1)
        *lengths, line = pipe.execute()
    ahead = next((n for n, text in enumerate(reversed(line)) if f'"{job_id}"' in text), None)
    return None if ahead is None else sum(lengths) + ahead


def held_ids() -> set[str]:
    """The tasks and jobs whose messages a consumer has taken and not settled."""
    return set(script("held")(keys=[_keys().consumers, _keys().pending("")]))


def delayed() -> int:
    """How many messages wait for their time."""
    return int(client().zcard(delayed_key()))


def _keys() -> Keys:
    return Keys(settings.CONVEYOR_PREFIX)


def depths(queues: Sequence[str]) -> dict[str, int]:
    """How many messages are ready in each queue."""
    with client().pipeline(transaction=False) as pipe:
        for queue in queues:
            for name in ready_keys(queue):
                pipe.llen(name)
        lengths = pipe.execute()
    width = MOST_URGENT + 1
    return {queue: sum(lengths[n * width : (n + 1) * width]) for n, queue in enumerate(queues)}
