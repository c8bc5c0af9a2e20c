"""OpenTelemetry's contexts as the text that the platform carries (jobs.core.trace_context), and back."""

from collections.abc import Mapping

from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from jobs.core import trace_context

# W3C Trace Context alone: baggage is a client's to write, and would go to every receiver of a webhook.
_propagator = TraceContextTextMapPropagator()


def carried(context: Context) -> str:
    """The span of the context; "" when there is none."""
    headers: dict[str, str] = {}
    _propagator.inject(headers, context)
    return trace_context.carried(headers)


def context_of(trace: str) -> Context:
    """A context whose span is the carried one; of none, or of what can't be read, one that begins a trace."""
    return parent_of(trace_context.headers(trace))


def parent_of(headers: Mapping[str, str]) -> Context:
    """The same of headers; as the specification asks, a traceparent that is wrong is as none."""
    known = {name: headers.get(name, "") for name in (trace_context.PARENT, trace_context.STATE)}
    return _propagator.extract({name: value for name, value in known.items() if value}, Context())
