"""Traces: one from an HTTP request through the job that it submits to the webhook that tells of it. An extra, switched on by
OTEL_EXPORTER_OTLP_ENDPOINT.

`Traces` is what the platform says of its steps, and does nothing; `recording.Recording` makes spans of it, and only there and in
its neighbours OpenTelemetry is imported.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest

from jobs.core.message import Message

log = structlog.get_logger(__name__)
EXTRA = "requirements-otel.txt"


class _Untraced(dict[str, str]):
    def __missing__(self, trace: str) -> str:
        return ""


UNTRACED = _Untraced()


class Traces:
    """Switched off. A trace is carried as text (jobs.core.trace_context)."""

    on = False

    def listen(self) -> None:
        """Hear what Django and Celery tell in this process."""

    def current(self) -> str:
        """The span under way, as it is carried on; "" without one."""
        return ""

    def ids(self) -> dict[str, str]:
        """What a line of the log says of the span under way: trace_id, span_id."""
        return {}

    def serving(self, request: HttpRequest) -> AbstractContextManager[None]:
        """A request is answered inside; it goes on the client's trace."""
        return nullcontext()

    def answered(self, method: str, route: str, status: int) -> None:
        """How the request under way was answered."""

    def submitting(self, orders: Sequence[tuple[str, str]]) -> AbstractContextManager[Mapping[str, str]]:
        """Jobs are submitted inside: (type, the trace that the order names) of each. Answers, by the named trace, that of its jobs."""
        return nullcontext(UNTRACED)

    def running(self, task: str, id: str, request: dict[str, Any]) -> AbstractContextManager[None]:
        """An attempt runs inside, and its wait is over. `request`: the message's headers, as Celery's worker has them."""
        return nullcontext()

    def together(self, task: str, requests: Sequence[dict[str, Any]]) -> AbstractContextManager[None]:
        """Several jobs are performed by one call inside."""
        return nullcontext()

    def ended(self, event: str, error: Mapping[str, Any] | None) -> None:
        """How the attempt under way ended: the event's name, and {type, message, traceback}."""

    def killed(self, message: Message, began_ms: int, event: str, error: Mapping[str, Any] | None) -> None:
        """An attempt ended whose process can't say so."""

    def posting(self, url: str) -> AbstractContextManager[Mapping[str, str]]:
        """A request is sent inside; answers the headers that take the trace along."""
        return nullcontext(UNTRACED)

    def replied(self, status: int | None, why: str = "") -> None:
        """What the receiver of the request under way answered; None: why nothing came."""

    def script(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call of a Lua script, told as a step of what is under way."""
        return call

    def flush(self) -> None:
        """This process ends: send what is held back."""


class NotInstalled(Traces):
    """Wanted, but not there: said once, at the start."""

    def listen(self) -> None:
        log.warning("traces.not_installed", why=f"an endpoint of OpenTelemetry is set, but {EXTRA} is not installed")


@cache
def traces() -> Traces:
    """Those of this process."""
    if not settings.TRACED:
        return Traces()
    if not _installed():
        return NotInstalled()
    # By name, so that nothing that is not switched on is imported, nor looked for.
    recording: Traces = import_module("jobs.infra.tracing.recording").Recording()
    return recording


def _installed() -> bool:
    """Both the library and its exporter: a part of it may be there for others."""
    try:
        return all(map(find_spec, ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")))
    except ModuleNotFoundError:
        return False


def add_ids(logger: Any, name: str, line: Any) -> Any:
    """structlog: which span a line belongs to. A step of a job's life has its job's trace already."""
    return traces().ids() | line
