"""The platform's steps as spans of OpenTelemetry, named and described by its semantic conventions for HTTP, messaging and databases.

    POST /api/jobs                     SERVER    web
      submit stock.import              PRODUCER  web, worker, recorder, beat: whoever submits; this is what the job carries
        wait bulk                      INTERNAL  worker: from a message to its start, with delay and gates; one for each attempt
        run stock.import               CONSUMER  worker: one for each attempt
          submit stock.low             PRODUCER  a job that this job submits
          submit webhooks.deliver      PRODUCER  recorder: a delivery of what the attempt told
            run webhooks.deliver       CONSUMER
              POST                     CLIENT    what takes the traceparent to the receiver

An attempt is a child of its submission, however long it waited (ADR 0012).
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

from celery.signals import before_task_publish, worker_process_shutdown
from django.core.signals import got_request_exception
from django.db.backends.signals import connection_created
from django.http import HttpRequest
from django.http.request import split_domain_port
from opentelemetry import trace
from opentelemetry.context import get_current
from opentelemetry.trace import SpanKind, Status, StatusCode

from jobs.core import trace_context
from jobs.core.message import Message
from jobs.infra.tracing import Traces, attempts, provider, stores
from jobs.infra.tracing.carrying import carried, context_of, parent_of
from jobs.infra.tracing.provider import tracer

# What watches the site asks these all the time, and pages ask for their files.
UNTOLD = ("/healthz", "/readyz", "/metrics", "/static/")
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Recording(Traces):
    """Switched on."""

    on = True

    def listen(self) -> None:
        connection_created.connect(stores.listen)
        got_request_exception.connect(_failed)
        before_task_publish.connect(_send_along)
        # A child that is replaced ends without Python's own ending.
        worker_process_shutdown.connect(_ends)

    def current(self) -> str:
        return carried(get_current())

    def ids(self) -> dict[str, str]:
        here = trace.get_current_span().get_span_context()
        if not here.is_valid:
            return {}
        return {"trace_id": trace.format_trace_id(here.trace_id), "span_id": trace.format_span_id(here.span_id)}

    @contextmanager
    def serving(self, request: HttpRequest) -> Iterator[None]:
        if request.path.startswith(UNTOLD):
            yield
            return
        method = request.method if request.method and request.method in METHODS else "_OTHER"
        about = {"http.request.method": method, "url.scheme": str(request.scheme), "url.path": request.path}
        about["server.address"] = split_domain_port(request.META.get("HTTP_HOST", ""))[0]
        about["user_agent.original"] = request.headers.get("User-Agent", "")[:300]
        with tracer().start_as_current_span(_named(method), parent_of(request.headers), SpanKind.SERVER, about):
            yield

    def answered(self, method: str, route: str, status: int) -> None:
        span = trace.get_current_span()
        span.set_attribute("http.response.status_code", status)
        if route:
            span.set_attribute("http.route", route)
            span.update_name(f"{_named(method)} {route}")
        if status >= 500:
            span.set_attribute("error.type", str(status))
            span.set_status(Status(StatusCode.ERROR))

    @contextmanager
    def submitting(self, orders: Sequence[tuple[str, str]]) -> Iterator[Mapping[str, str]]:
        outside, made = get_current(), {}
        types_of: dict[str, list[str]] = {}
        for type, named in orders:
            types_of.setdefault(named, []).append(type)
        with ExitStack() as stack:
            for named, types in types_of.items():
                parent = context_of(named) if named else outside
                about = attempts.about_submission(types)
                name = f"submit {types[0]}" if len(set(types)) == 1 else "submit"
                stack.enter_context(tracer().start_as_current_span(name, parent, SpanKind.PRODUCER, about))
                made[named] = carried(get_current())
            yield made

    def running(self, task: str, id: str, request: dict[str, Any]) -> AbstractContextManager[None]:
        return attempts.running(task, id, request)

    def together(self, task: str, requests: Sequence[dict[str, Any]]) -> AbstractContextManager[None]:
        return attempts.together(task, requests)

    def ended(self, event: str, error: Mapping[str, Any] | None) -> None:
        attempts.tell_end(trace.get_current_span(), event, error)

    def killed(self, message: Message, began_ms: int, event: str, error: Mapping[str, Any] | None) -> None:
        attempts.killed(message, began_ms, event, error)

    @contextmanager
    def posting(self, url: str) -> Iterator[Mapping[str, str]]:
        parts = urlsplit(url)
        # Without what may hold a secret: the query, and a name with its password.
        place = parts.netloc.rpartition("@")[2]
        about = {"http.request.method": "POST", "url.full": f"{parts.scheme}://{place}{parts.path}", "server.address": parts.hostname or ""}
        with tracer().start_as_current_span("POST", kind=SpanKind.CLIENT, attributes=about):
            yield trace_context.headers(self.current())

    def replied(self, status: int | None, why: str = "") -> None:
        span = trace.get_current_span()
        if status is not None:
            span.set_attribute("http.response.status_code", status)
        if status is None or status >= 400:
            span.set_attribute("error.type", str(status or "unreached"))
            span.set_status(Status(StatusCode.ERROR, why or None))

    def script(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        return stores.script(name, call)

    def flush(self) -> None:
        provider.flush()


def _named(method: str) -> str:
    return method if method in METHODS else "HTTP"


def _failed(**_: Any) -> None:
    """A view has raised what nobody answers for."""
    if error := sys.exception():
        trace.get_current_span().record_exception(error)


def _send_along(headers: Any = None, **_: Any) -> None:
    """An ordinary Celery task is published: its message takes the trace with it."""
    if isinstance(headers, dict):
        headers.update(trace_context.headers(carried(get_current())))


def _ends(**_: Any) -> None:
    provider.flush()
