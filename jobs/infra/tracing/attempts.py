"""Spans of what a worker does: an attempt, its wait, a call that performs several jobs together."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode

from jobs.core import trace_context
from jobs.core.job_type import registry
from jobs.core.message import Message
from jobs.infra.tracing.carrying import context_of
from jobs.infra.tracing.provider import NAME, tracer

MILLISECOND = 1_000_000
MOST_LINKS = 64
# It runs, or is dead for it was rescued too often.
ATTEMPTED = ("go", "lost")


def about_submission(types: Sequence[str]) -> dict[str, Any]:
    about: dict[str, Any] = {"messaging.system": NAME, "messaging.operation.type": "send", "messaging.operation.name": "submit"}
    kinds = Counter(types)
    queues = {registry.get(name).queue for name in kinds if name in registry}
    if len(queues) == 1:
        about["messaging.destination.name"] = queues.pop()
    if len(types) > 1:
        about["messaging.batch.message_count"] = len(types)
    return about | {"conveyor.type": ",".join(sorted(kinds)[:10])}


@contextmanager
def running(task: str, id: str, request: dict[str, Any]) -> Iterator[None]:
    """A message that is dropped makes no span: it is done with before anything begins."""
    header = request.get("conveyor")
    if header and header["verdict"].word not in ATTEMPTED:
        yield
        return
    performed: tuple[int, Link] | None = header.pop("together", None) if header else None
    began, links = (performed and performed[0]) or time.time_ns(), [performed[1]] if performed else []
    parent = _parent(request)
    _waited(header, id, parent, began)
    about = _about(task, id, request)
    with tracer().start_as_current_span(f"run {task}", parent, SpanKind.CONSUMER, about, links, began):
        yield


def _parent(request: Mapping[str, Any]) -> Context:
    header = request.get("conveyor")
    # A plain task's message has it among Celery's own headers.
    return context_of(header.get("trace", "") if header else trace_context.carried(request))


def _about(task: str, id: str, request: Mapping[str, Any]) -> dict[str, Any]:
    header = request.get("conveyor")
    delivery = request.get("delivery_info") or {}
    about = _processing(task, id, header["queue"] if header else str(delivery.get("routing_key") or ""))
    about["messaging.client.id"] = str(request.get("hostname") or "")
    if not header:
        return about | {"conveyor.attempt": int(request.get("retries") or 0) + 1}
    about |= {f"conveyor.{name}": header[name] for name in ("tenant", "attempt", "attempts", "turn")}
    return about | {"conveyor.rescued": header["verdict"].rescued}


def _processing(task: str, id: str, queue: str) -> dict[str, Any]:
    about = {"messaging.system": NAME, "messaging.operation.type": "process", "messaging.operation.name": "run"}
    return about | {"messaging.destination.name": queue, "messaging.message.id": id, "conveyor.type": task}


def _waited(header: Mapping[str, Any] | None, id: str, parent: Context, until: int) -> None:
    """From its message to its start. When a dead worker's message began to wait again nobody knows."""
    if not header or "sent" not in header or header["verdict"].rescued:
        return
    about = {"messaging.system": NAME, "messaging.destination.name": header["queue"], "messaging.message.id": id}
    start = min(header["sent"] * MILLISECOND, until)
    tracer().start_span(f"wait {header['queue']}", parent, SpanKind.INTERNAL, about, start_time=start).end(until)


@contextmanager
def together(task: str, requests: Sequence[dict[str, Any]]) -> Iterator[None]:
    """One span for the call, with a link to each job; each attempt's span begins with it and links to it."""
    parents = [_parent(request) for request in requests]
    links = [Link(trace.get_current_span(parent).get_span_context()) for parent in parents[:MOST_LINKS]]
    about: dict[str, Any] = {"messaging.system": NAME, "messaging.operation.type": "process", "messaging.operation.name": "run together"}
    about |= {"messaging.batch.message_count": len(requests), "conveyor.type": task}
    began = time.time_ns()
    with tracer().start_as_current_span(
        f"run together {task}", Context(), SpanKind.CONSUMER, about, [link for link in links if link.context.is_valid], began
    ) as span:
        for request in requests:
            request["conveyor"]["together"] = began, Link(span.get_span_context())
        yield


def tell_end(span: Span, event: str, error: Mapping[str, Any] | None) -> None:
    """A failure is an error also when it will be tried again; a snooze or a cancelled job is none."""
    span.set_attribute("conveyor.outcome", event.rpartition(".")[2])
    if not error:
        return
    told = {"exception.type": error["type"], "exception.message": error["message"], "exception.stacktrace": error.get("traceback") or ""}
    span.set_attribute("error.type", error["type"])
    span.add_event("exception", told)
    span.set_status(Status(StatusCode.ERROR, f"{error['type']}: {error['message']}"[:300]))


def killed(message: Message, began_ms: int, event: str, error: Mapping[str, Any] | None) -> None:
    """Told by the worker's main process; its children make their providers after they are forked, and must find no public one."""
    about = _processing(message.type, message.id, message.queue)
    about |= {f"conveyor.{name}": getattr(message, name) for name in ("tenant", "attempt", "attempts", "turn")}
    start = began_ms * MILLISECOND
    span = tracer(public=False).start_span(f"run {message.type}", context_of(message.trace), SpanKind.CONSUMER, about, start_time=start)
    tell_end(span, event, error)
    span.end()
