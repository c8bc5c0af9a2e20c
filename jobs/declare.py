"""The front door: how a developer declares a job type and submits jobs of it."""

import functools
import inspect
import operator
import typing
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import update_wrapper, wraps
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from jobs.core.backoff import Backoff
from jobs.core.chores import chore
from jobs.core.dependency import Dependency, DependencyAway
from jobs.core.dependency import declare as declare_dependency
from jobs.core.errors import DeclarationError
from jobs.core.event_type import EventType, Handler, event_types, handlers
from jobs.core.gates import Debounce, Declared, Full, Limits, Throttle, Unique
from jobs.core.job_type import MOST_TOGETHER, USUAL, JobType, Payload, registry
from jobs.core.outcomes import Cancelled, GiveUp, Snooze
from jobs.core.patterns import matcher
from jobs.infra.breakers import Guard
from jobs.models import Job, Tenant
from jobs.queries.events import is_behind_another, subscribe
from jobs.services import events, submission
from jobs.services.submission import Order
from jobs.subscribers.named import consume
from jobs.worker.context import Call, JobContext
from jobs.worker.task import register

__all__ = [
    "Backoff",
    "Call",
    "Cancelled",
    "Debounce",
    "DeclaredEvent",
    "DeclaredJob",
    "DependencyAway",
    "Event",
    "Full",
    "GiveUp",
    "JobContext",
    "Limits",
    "Payload",
    "Snooze",
    "Throttle",
    "Unique",
    "batch_job",
    "chore",
    "consume",
    "dependency",
    "event",
    "job",
    "on",
    "subscribe",
]

Input = TypeVar("Input", bound=BaseModel)
Output = TypeVar("Output")


class DeclaredJob(Generic[Input, Output]):
    """A declared job type; still the function it was."""

    def __init__(self, type: JobType) -> None:
        self.type = type
        update_wrapper(self, type.function)

    def __call__(self, ctx: JobContext, payload: Input) -> Output:
        return typing.cast(Output, self.type.function(ctx, payload))

    def submit(
        self,
        payload: Input,
        *,
        tenant: Tenant | None = None,
        key: str | None = None,
        priority: int | None = None,
        attempts: int | None = None,
        delay: timedelta | None = None,
        run_at: datetime | None = None,
        expires_at: datetime | None = None,
        tags: Iterable[str] = (),
        callback_url: str = "",
        submitted_by: Any = None,
    ) -> Job:
        """Submit one job in the caller's transaction; with a known `key`, answers the first job of that key."""
        data = payload.model_dump(mode="json")
        order = Order(self.type.name, data, key, priority, attempts, delay, run_at, expires_at, tuple(tags), callback_url)
        return submission.submit(order, tenant, submitted_by=submitted_by).job

    def submit_many(self, payloads: Iterable[Input], *, tenant: Tenant | None = None) -> list[Job]:
        """Submit many jobs with one INSERT, all or none."""
        orders = [Order(self.type.name, payload.model_dump(mode="json")) for payload in payloads]
        return [made.job for made in submission.submit_many(orders, tenant)]

    def delay(self, **data: Any) -> Job:
        """Celery's spelling of submit."""
        return submission.submit(Order(self.type.name, data)).job


def job(
    name: str,
    *,
    queue: str = "default",
    priority: int = USUAL,
    timeout: timedelta = timedelta(minutes=5),
    retry: Backoff | None = None,
    internal: bool = False,
    limits: Declared | Sequence[Declared] = (),
    needs: Sequence[str] = (),
) -> Callable[[Callable[[JobContext, Input], Output]], DeclaredJob[Input, Output]]:
    """Declare `function(ctx, payload)` as a job type. Raises DeclarationError where the declaration is wrong.

    `limits`: one or several of Limits, Unique, Debounce, Throttle; a job that may not start yet waits and costs no worker.
    `needs`: names of dependencies; while the breaker of one is open its jobs wait.
    """

    def declare(function: Callable[[JobContext, Input], Output]) -> DeclaredJob[Input, Output]:
        payload, returns = _signature(name, function)
        gates = _gates(limits, needs)
        job_type = JobType(name, function, payload, returns, queue, priority, timeout, retry or Backoff(), internal=internal, **gates)
        registry.add(job_type)
        register(job_type)
        return DeclaredJob(job_type)

    return declare


def batch_job(
    name: str,
    *,
    size: int = MOST_TOGETHER,
    queue: str = "default",
    priority: int = USUAL,
    timeout: timedelta = timedelta(minutes=5),
    retry: Backoff | None = None,
    internal: bool = False,
    limits: Declared | Sequence[Declared] = (),
    needs: Sequence[str] = (),
) -> Callable[[Callable[[Sequence[Call[Input]]], Sequence[Output | Exception]]], DeclaredJob[Input, Output]]:
    """Declare `function(calls)` as a job type whose waiting jobs are performed together, up to `size` at once.

    The function answers a result or an exception for each call, in order. It should do all or nothing: when it raises for
    several calls, each is tried alone. Raises DeclarationError where the declaration is wrong.
    """

    def declare(function: Callable[[Sequence[Call[Input]]], Sequence[Output | Exception]]) -> DeclaredJob[Input, Output]:
        payload, returns = _batch_signature(name, function)

        def alone(ctx: JobContext, payload: Input) -> Output:
            (answer,) = function([Call(ctx, payload)])
            if isinstance(answer, Exception):
                raise answer
            return answer

        update_wrapper(alone, function)
        gates, policy = _gates(limits, needs), retry or Backoff()
        job_type = JobType(name, alone, payload, returns, queue, priority, timeout, policy, function, size, internal, **gates)
        registry.add(job_type)
        register(job_type)
        return DeclaredJob(job_type)

    return declare


class DeclaredEvent(Generic[Input]):
    """A declared type of events."""

    def __init__(self, type: EventType) -> None:
        self.type = type

    def publish(self, data: Input, *, subject: str = "", tenant: Tenant | None = None) -> None:
        """Publish in the caller's transaction: sent on commit, not lost after it, never for a rollback."""
        events.publish(self.type.name, data.model_dump(), subject=subject, tenant=tenant)

    def publish_many(self, several: Iterable[tuple[str, Input]], *, tenant: Tenant | None = None) -> None:
        """Publish (subject, data) pairs, in this order, with one INSERT."""
        events.publish_many(self.type.name, [(subject, data.model_dump()) for subject, data in several], tenant=tenant)


def event(name: str, data: type[Input], *, public: bool = False) -> DeclaredEvent[Input]:
    """Declare a type of events; `data`'s docstring says when it happens. Raises DeclarationError."""
    event_type = EventType(name, data, (data.__doc__ or "").strip().partition("\n")[0], public)
    event_types.add(event_type)
    return DeclaredEvent(event_type)


class Event(Payload):
    """What a handler is given."""

    id: str
    name: str
    subject: str = ""
    tenant: str
    at: datetime
    data: dict[str, Any]


def on(
    pattern: str, *, ordered: bool = False, queue: str = "default", timeout: timedelta = timedelta(minutes=5), retry: Backoff | None = None
) -> Callable[[Callable[[JobContext, Event], Output]], DeclaredJob[Event, Output]]:
    """Declare `function(ctx, event)` as the handler of the events that fit: a job for each event, once, retried by its policy.

    `ordered`: the events of one subject are handled one after another; a later one waits for the earlier.
    """

    def declare(function: Callable[[JobContext, Event], Output]) -> DeclaredJob[Event, Output]:
        name = f"{function.__module__.partition('.')[0]}.on_{function.__name__}"

        @wraps(function)
        def handle(ctx: JobContext, event: Event) -> Output:
            if ordered and event.subject and is_behind_another(ctx.id, name, event.subject):
                raise Snooze(timedelta(milliseconds=200), "an earlier event of its subject is not handled yet")
            return function(ctx, event)

        declared = job(name, queue=queue, timeout=timeout, retry=retry)(handle)
        matcher(pattern)
        handlers[name] = Handler(pattern, name, ordered)
        return declared

    return declare


def _batch_signature(name: str, function: Callable[..., Any]) -> tuple[type[BaseModel], Any]:
    parameters = list(inspect.signature(function).parameters.values())
    hints = typing.get_type_hints(function)
    calls = typing.get_args(hints.get(parameters[0].name)) if len(parameters) == 1 else ()
    payload = next(iter(typing.get_args(calls[0])), None) if calls and typing.get_origin(calls[0]) is Call else None
    if not (isinstance(payload, type) and issubclass(payload, BaseModel)):
        raise DeclarationError(
            f"{name}: expected `def {function.__name__}(calls: Sequence[Call[<a Payload>]])`; got {inspect.signature(function)}."
        )
    answers = typing.get_args(hints.get("return")) or (Any,)
    kinds = [kind for kind in typing.get_args(answers[0]) or answers if not (isinstance(kind, type) and issubclass(kind, BaseException))]
    return payload, functools.reduce(operator.or_, kinds) if kinds else Any


def dependency(
    name: str,
    *,
    failures: int = 5,
    ratio: float = 0.5,
    within: timedelta = timedelta(seconds=30),
    rest: timedelta = timedelta(seconds=15),
) -> Guard:
    """Declare a dependency for `needs=(name,)`, and for `with` around any call to it. Raises DeclarationError.

    Its breaker opens for all workers when, of the calls `within` a period, `failures` and the share `ratio` have failed.
    After `rest` one job at a time tries whether it is back; then all go on.
    """
    return Guard(declare_dependency(Dependency(name, failures, ratio, within, rest)))


def _gates(limits: Declared | Sequence[Declared], needs: Sequence[str]) -> dict[str, Any]:
    several = limits if isinstance(limits, Sequence) else (limits,)
    return {"gates": tuple(several), "needs": (needs,) if isinstance(needs, str) else tuple(needs)}


def _signature(name: str, function: Callable[..., Any]) -> tuple[type[BaseModel], Any]:
    parameters = list(inspect.signature(function).parameters.values())
    hints = typing.get_type_hints(function)
    payload = hints.get(parameters[1].name) if len(parameters) == 2 else None
    if not (isinstance(payload, type) and issubclass(payload, BaseModel)):
        raise DeclarationError(
            f"{name}: expected `def {function.__name__}(ctx: JobContext, payload: <a Payload>)`; got {inspect.signature(function)}."
        )
    return payload, hints.get("return", Any)
