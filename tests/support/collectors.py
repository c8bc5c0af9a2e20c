"""A receiver of OTLP on loopback, and the spans that it was sent."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from tests.support.receivers import Received, Receiver, receiving


@dataclass(frozen=True, slots=True)
class Span:
    """One span as it came, ids in hexadecimal; `resource` says which process made it."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    resource: dict[str, Any]
    status: str
    message: str
    start: int
    end: int
    links: tuple[str, ...] = ()
    events: tuple[tuple[str, dict[str, Any]], ...] = ()


@dataclass
class Collector:
    receiver: Receiver
    seen: dict[int, list[Span]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process send its spans here, soon."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}

    @property
    def spans(self) -> list[Span]:
        for number, request in enumerate(self.receiver.received):
            if number not in self.seen:
                self.seen[number] = list(spans_of(request))
        return [span for number in sorted(self.seen) for span in self.seen[number]]

    def named(self, name: str, trace: str = "") -> list[Span]:
        return sorted((s for s in self.spans if s.name == name and trace in ("", s.trace)), key=lambda span: span.start)

    def told(self) -> str:
        return "\n".join(f"{s.trace[:6]} {s.parent[:6]:6} > {s.id[:6]} {s.kind:8} {s.name} {s.status} {s.attributes}" for s in self.spans)


@contextmanager
def collecting() -> Iterator[Collector]:
    with receiving() as receiver:
        yield Collector(receiver)


def spans_of(request: Received) -> Iterator[Span]:
    assert request.path == "/v1/traces"
    body = gzip.decompress(request.body) if request.headers.get("content-encoding") == "gzip" else request.body
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_spans:
            yield from (_span(span, resource) for span in scope.spans)


def _span(span: trace_pb2.Span, resource: dict[str, Any]) -> Span:
    return Span(
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        attributes=_attributes(span.attributes),
        resource=resource,
        status=trace_pb2.Status.StatusCode.Name(span.status.code).removeprefix("STATUS_CODE_"),
        message=span.status.message,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        links=tuple(link.span_id.hex() for link in span.links),
        events=tuple((event.name, _attributes(event.attributes)) for event in span.events),
    )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs if isinstance(pair, KeyValue)}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind else None
