"""Celery's result backend, and the one door out of a worker.

Every way in which Celery ends a task calls `store_result`: success, failure and retry in the child; hard time limit and
revocation in its parent. For a job it settles what follows and reports it (journal, hot state, next message, dead letter);
for a plain task it journals the outcome. Rows are written by the recorder; reading looks at the hot state first.
"""

import contextlib
import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from traceback import format_exception
from typing import Any

import orjson
from billiard.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded, WorkerLostError
from celery import states
from celery.app.task import Context
from django.conf import settings
from django_celery_results.backends import DatabaseBackend

from jobs.core.errors import InvalidPayload
from jobs.core.events import LEADS_TO, JobEvent
from jobs.core.fingerprint import fingerprint
from jobs.core.job_type import registry
from jobs.core.message import Message
from jobs.core.outcomes import HOPELESS, BadPayload, Dead, Expired, Retry, Snooze, TimedOut, WorkerLost, settle
from jobs.core.states import State
from jobs.infra import broker, journal, state, steps
from jobs.infra.breakers import is_away
from jobs.infra.redis import client, hot_key
from jobs.infra.tracing import traces

PLAIN_TENANT = "default"
MEANINGS: dict[type[BaseException], type[Exception]] = {
    SoftTimeLimitExceeded: TimedOut,
    TimeLimitExceeded: TimedOut,
    WorkerLostError: WorkerLost,
    InvalidPayload: BadPayload,
}
CELERY_STATES = {State.SUCCEEDED: states.SUCCESS, State.DEAD: states.FAILURE, State.CANCELLED: states.REVOKED}
PLAIN = {
    states.STARTED: (JobEvent.STARTED, State.RUNNING),
    states.SUCCESS: (JobEvent.SUCCEEDED, State.SUCCEEDED),
    states.FAILURE: (JobEvent.DEAD, State.DEAD),
    states.RETRY: (JobEvent.RETRYING, State.RETRYING),
    states.REVOKED: (JobEvent.CANCELLED, State.CANCELLED),
}


def meaning(failure: BaseException) -> BaseException:
    """The same failure in the platform's words."""
    for kind, ours in MEANINGS.items():
        if isinstance(failure, kind):
            return ours(str(failure))
    return failure


def describe(failure: BaseException, traceback: Any = None) -> dict[str, Any]:
    # Of a failure that will be tried again Celery tells where its Retry was raised, not where the job failed.
    told = "".join(format_exception(failure)) if failure.__traceback__ else str(traceback or "")
    return {"type": type(failure).__name__, "message": str(failure)[:10_000], "traceback": told[-20_000:]}


def grouped(type: str, error: dict[str, Any]) -> dict[str, Any]:
    """The error with the failure that it is one of: {id, where}."""
    return {**error, "failure": asdict(fingerprint(type, error, str(settings.ROOT)))}


class JournalBackend(DatabaseBackend):
    """See the top of this file."""

    def store_result(self, task_id: str, result: Any, state: str, traceback: Any = None, request: Any = None, **kwargs: Any) -> Any:
        if request is not None and getattr(request, "conveyor", None):
            report_job(request, result, state, traceback)
            return result
        return super().store_result(task_id, result, state, traceback=traceback, request=request, **kwargs)

    def _store_result(self, task_id: str, result: Any, status: str, traceback: Any = None, request: Any = None, using: Any = None) -> None:
        if status in PLAIN:
            report_plain(task_id, result, status, traceback, request)

    def _get_task_meta_for(self, task_id: str) -> dict[str, Any]:
        hot = state.read([task_id]).get(task_id)
        if hot is None:
            return dict(super()._get_task_meta_for(task_id))
        status = CELERY_STATES.get(hot.state, states.RETRY if hot.state is State.RETRYING else states.PENDING)
        error = hot.json("error") or {}
        failed = {"exc_type": error.get("type", "Exception"), "exc_message": [error.get("message", "")], "exc_module": "builtins"}
        result = hot.json("result") if status == states.SUCCESS else failed if error else None
        meta = {"task_id": task_id, "status": status, "result": result, "traceback": error.get("traceback"), "children": []}
        if status == states.REVOKED:
            meta["result"] = {"exc_type": "TaskRevokedError", "exc_message": ["cancelled"], "exc_module": "celery.exceptions"}
        return meta

    def decode_result(self, payload: Any) -> Any:
        # Hot states hold JSON values already; rows hold text.
        return super().decode_result(payload) if isinstance(payload, str) else payload


def message_of(request: Context | Any) -> Message:
    """The message that a worker is working on; made once for it."""
    made: Message | None = getattr(request, "message", None)
    if made is None:
        made = message_from(request.id, request.task, request.conveyor, request.expires, dict(request.kwargs or {}))
        request.message = made
    return made


def message_from(id: str, type: str, header: dict[str, Any], expires: Any, payload: dict[str, Any]) -> Message:
    return Message(
        id=id,
        type=type,
        queue=header["queue"],
        priority=header["priority"],
        payload=payload,
        tenant=header["tenant"],
        turn=header["turn"],
        attempt=header["attempt"],
        attempts=header["attempts"],
        timeout=timedelta(seconds=header["timeout"]),
        expires=datetime.fromisoformat(expires) if isinstance(expires, str) else expires,
        request_id=header.get("request_id", ""),
        tags=tuple(header.get("tags", ())),
        trace=header.get("trace", ""),
    )


class Gathered:
    """Reports held back to leave in one round trip."""

    def __init__(self) -> None:
        self._reports: list[state.Report] = []
        self._lock = threading.Lock()
        self._since = 0.0

    def add(self, report: state.Report) -> None:
        if not self._reports:
            self._since = time.monotonic()
        self._reports.append(report)

    @property
    def age(self) -> float:
        """Seconds for which the oldest has been held back."""
        return time.monotonic() - self._since if self._reports else 0.0

    def send(self) -> None:
        """Send what is held; what can't be sent stays. Raises redis.RedisError or Unavailable."""
        with self._lock:
            held = list(self._reports)
            send(held)
            del self._reports[: len(held)]


_gathering = threading.local()


@contextlib.contextmanager
def gathered() -> Iterator[Gathered]:
    """While inside, the reports of this thread are held back; who asks sends them."""
    _gathering.here = here = Gathered()
    try:
        yield here
    finally:
        _gathering.here = None


def send(reports: Sequence[state.Report]) -> None:
    """Report, then publish what follows."""
    if reports:
        counted = [r for r, counts in zip(reports, state.report(reports), strict=True) if counts]
        _tell(counted)
        broker.publish([r.following for r in counted if r.following])


def _tell(reports: Sequence[state.Report]) -> None:
    if steps.heard():
        for r in reports:
            about: dict[str, Any] = {name: r.data[name] for name in ("turn", "attempt", "reason", "why") if name in r.data}
            if error := r.data.get("error"):
                about["error"] = f"{error['type']}: {error['message'][:200]}"
            steps.tell(r.event, r.id, r.tenant, r.request_id, r.trace, type=r.type, **about)


def report_job(request: Any, result: Any, status: str, traceback: Any) -> None:
    message = message_of(request)
    made = _report(message, request.conveyor.get("claim") or f"{message.turn}.*", result, status, traceback)
    here: Gathered | None = getattr(_gathering, "here", None)
    if here is None:
        _tell_of_killed(message, made)
        send([made])
    else:
        traces().ended(made.event, made.data.get("error"))
        here.add(made)


def _tell_of_killed(message: Message, made: state.Report) -> None:
    """This is the worker's main process: if the attempt had begun, its own process can't tell its trace how it ended."""
    if traces().on and (hot := state.read([message.id]).get(message.id)) and hot.state is State.RUNNING:
        traces().killed(message, int(hot.fields.get("started", made.data["at"])), made.event, made.data.get("error"))


def _report(message: Message, claim: str, result: Any, status: str, traceback: Any) -> state.Report:
    data = _about(message)
    if status == states.SUCCESS:
        return _made(message, claim, JobEvent.SUCCEEDED, {**data, "result": result}, {"result": result})
    if status == states.REVOKED and not (message.expires and message.expires <= datetime.now(UTC)):
        return _made(message, claim, JobEvent.CANCELLED, data)
    failure = Expired("It was to start before " + str(message.expires)) if status == states.REVOKED else meaning(result)
    if isinstance(failure, Snooze):
        return snoozed(message, claim, failure)
    return _failed(message, claim, failure, traceback, data)


def _about(message: Message) -> dict[str, Any]:
    return {"turn": message.turn, "attempt": message.attempt, "at": broker.now_ms()}


def _made(
    message: Message,
    claim: str,
    event: JobEvent,
    data: dict[str, Any],
    fields: dict[str, Any] | None = None,
    following: Message | None = None,
    letter: str = "",
) -> state.Report:
    about = (message.id, message.tenant, claim, event, LEADS_TO[event], data, fields or {}, following, letter)
    return state.Report(*about, message.type, message.request_id, traces().current() or message.trace)


def snoozed(message: Message, claim: str, snooze: Snooze) -> state.Report:
    following = message.following(message.attempt, datetime.now(UTC) + snooze.for_)
    data = {**_about(message), "next_turn": following.turn, "due": broker.milliseconds(following.due or snooze.for_), "why": str(snooze)}
    return _made(message, claim, JobEvent.SNOOZED, data, following=following)


def handed_back(message: Message, claim: str, why: str) -> state.Report:
    """The job runs again elsewhere, at once; its attempt does not count as one."""
    return snoozed(message, claim, Snooze(timedelta(0), f"handed back: {why}"))


def _failed(message: Message, claim: str, failure: BaseException, traceback: Any, data: dict[str, Any]) -> state.Report:
    job_type = registry.get(message.type)
    policy = job_type.retry
    if not isinstance(failure, (*HOPELESS, *policy.give_up_on, WorkerLost)) and is_away(job_type.needs, message.id, failure):
        return snoozed(message, claim, Snooze(timedelta(0), f"a dependency is away: {failure}"))
    outcome = settle(failure, message.attempt, message.attempts, policy, random.random())
    error = grouped(message.type, describe(failure, traceback))
    if isinstance(outcome, Retry):
        following = message.following(message.attempt + 1, datetime.now(UTC) + outcome.after)
        data |= {"next_turn": following.turn, "due": broker.now_ms() + broker.milliseconds(outcome.after), "error": error}
        return _made(message, claim, JobEvent.RETRYING, data, {"error": error}, following)
    return dead(message, claim, outcome, error, data)


def dead(message: Message, claim: str, outcome: Dead, error: dict[str, Any], data: dict[str, Any]) -> state.Report:
    error = {**error, "reason": outcome.reason}
    letter = dead_letter(broker.envelope(message), outcome.reason, message.queue, error)
    return _made(message, claim, JobEvent.DEAD, {**data, "error": error, "reason": outcome.reason}, {"error": error}, letter=letter)


def dead_letter(original: str, reason: str, queue: str, error: dict[str, Any]) -> str:
    """The original message with a header that says why it is dead; a message of the queue `dead_letter`."""
    message = orjson.loads(original)
    message["headers"]["x-dead-letter"] = {"reason": reason, "queue": queue, "error": error, "at": broker.now_ms()}
    message["properties"]["delivery_info"] = {"exchange": "", "routing_key": broker.DEAD_LETTER}
    message["properties"]["delivery_tag"] = str(uuid.uuid4())
    return orjson.dumps(message).decode()


def report_plain(task_id: str, result: Any, status: str, traceback: Any, request: Any) -> None:
    """Journal how an ordinary Celery task stands; its row is made by the recorder."""
    event, to = PLAIN[status]
    data: dict[str, Any] = {"plain": True, "at": broker.now_ms(), "turn": 1, "celery": status, **_origin(request)}
    fields: dict[str, Any] = {}
    if to is State.SUCCEEDED:
        data["result"] = fields["result"] = result
    elif isinstance(result, dict) and "exc_type" in result:
        message = " ".join(map(str, result.get("exc_message") or []))
        error = {"type": result["exc_type"], "message": message, "traceback": str(traceback or "")}
        data["error"] = fields["error"] = grouped(data["type"], error)
    traces().ended(event, data.get("error"))
    position = journal.append(event, str(task_id), PLAIN_TENANT, data)
    with client().pipeline(transaction=False) as pipe:
        hot: dict[Any, Any] = {"state": to.value, "turn": 1, "attempt": data["attempt"], "position": position}
        pipe.hset(hot_key(task_id), mapping=hot | {k: orjson.dumps(v).decode() for k, v in fields.items()})
        pipe.pexpire(hot_key(task_id), broker.milliseconds(broker.HOT_AFTER_END))
        if to.ended:
            _tell_strangers(pipe, task_id, result, status, traceback)
        pipe.execute()


def _tell_strangers(pipe: Any, task_id: str, result: Any, status: str, traceback: Any) -> None:
    """The result where any other Celery client looks for it: stock Celery, celery-node, gocelery."""
    meta = {"task_id": task_id, "status": status, "result": result, "traceback": traceback and str(traceback), "children": []}
    text = orjson.dumps(meta | {"date_done": datetime.now(UTC)}, default=repr)
    name = f"{settings.CONVEYOR_PREFIX}celery-task-meta-{task_id}"
    pipe.set(name, text, px=broker.milliseconds(broker.HOT_AFTER_END))
    pipe.publish(name, text)


def _origin(request: Any) -> dict[str, Any]:
    get = lambda name, default: getattr(request, name, None) or default  # noqa: E731 - the request may be None
    delivery = get("delivery_info", {})
    return {
        "type": get("task", "unknown"),
        "queue": delivery.get("routing_key") or "default",
        "args": orjson.loads(orjson.dumps(get("args", []), default=repr)),
        "kwargs": orjson.loads(orjson.dumps(get("kwargs", {}), default=repr)),
        "worker": get("hostname", ""),
        "attempt": get("retries", 0) + 1,
    }
