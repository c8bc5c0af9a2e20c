"""OpenTelemetry's provider of this process: made at its first span, so a forked child makes its own, with a connection of its own.

Everything about sampling, batching and where spans go is read by the library from the standard OTEL_* variables.
"""

import atexit
import os
import socket
import threading
from typing import Any

from django.conf import settings
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

NAME = "conveyor"
# Seconds for which the end of a process may wait for a collector that does not answer.
PATIENCE = 5.0
_lock = threading.Lock()
_made: tuple[int, trace.TracerProvider, trace.Tracer] | None = None


def tracer(public: bool = True) -> trace.Tracer:
    """`public`: an application's own spans, made by OpenTelemetry's global tracer, go the same way."""
    global _made
    if _made is None or _made[0] != os.getpid():
        with _lock:
            if _made is None or _made[0] != os.getpid():
                provider = _there_already() or _make(public)
                # Kept, for asking for it takes as long as a span.
                _made = os.getpid(), provider, provider.get_tracer(NAME, settings.VERSION)
    return _made[2]


def _there_already() -> trace.TracerProvider | None:
    """Somebody else's, who set OpenTelemetry up in this process before us."""
    known = trace.get_tracer_provider()
    return None if isinstance(known, trace.ProxyTracerProvider) else known


def _make(public: bool) -> TracerProvider:
    provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    if public:
        trace.set_tracer_provider(provider)
    atexit.register(flush)
    return provider


def _resource() -> Resource:
    host = socket.gethostname()
    about: dict[str, Any] = {"service.version": settings.VERSION, "host.name": host, "process.pid": os.getpid()}
    about["service.instance.id"] = f"{host}:{os.getpid()}"
    known = Resource.create(about)
    nameless = str(known.attributes[SERVICE_NAME]).startswith("unknown_service")
    return known.merge(Resource({SERVICE_NAME: NAME})) if nameless else known


def flush() -> None:
    """Send what is held back, if this process made spans; nothing is recorded after it."""
    if _made and _made[0] == os.getpid() and isinstance(_made[1], TracerProvider):
        # The library waits half a minute for a collector that is away.
        closing = threading.Thread(target=_made[1].shutdown, name="traces", daemon=True)
        closing.start()
        closing.join(PATIENCE)
