"""What is asked of PostgreSQL and Redis while a span is under way, as steps of it. Without one nothing is recorded: polling is no trace."""

import re
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind

from jobs.infra.tracing.provider import tracer

# A job that reads a file of 100,000 lines is told by its first statements; how many are left out, its span says.
MOST = 100
LONGEST_STATEMENT = 1000
LEFT_OUT = "conveyor.steps.left_out"
TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+\"?(\w+)", re.IGNORECASE)
_steps: "WeakKeyDictionary[Span, int]" = WeakKeyDictionary()


def under_way() -> bool:
    """Is there a span that takes one more step?"""
    span = trace.get_current_span()
    if not span.is_recording():
        return False
    count = _steps[span] = _steps.get(span, 0) + 1
    if count > MOST:
        span.set_attribute(LEFT_OUT, count - MOST)
    return count <= MOST


def listen(connection: Any, **_: Any) -> None:
    """Django has connected to PostgreSQL."""
    if statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(statement)


def statement(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Django's execute wrapper. The statement's text has placeholders, no values."""
    if not under_way():
        return execute(sql, params, many, context)
    text = sql if isinstance(sql, str) else ""
    verb, table = text.lstrip().partition(" ")[0].upper(), TABLE.search(text)
    summary = f"{verb} {table[1]}" if table else verb
    about = {"db.system.name": "postgresql", "db.namespace": context["connection"].settings_dict["NAME"], "db.operation.name": verb}
    about |= {"db.query.text": text[:LONGEST_STATEMENT], "db.query.summary": summary}
    with tracer().start_as_current_span(summary or "postgresql", kind=SpanKind.CLIENT, attributes=about):
        return execute(sql, params, many, context)


def script(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def told(*args: Any, **kwargs: Any) -> Any:
        if not under_way():
            return call(*args, **kwargs)
        about = {"db.system.name": "redis", "db.operation.name": "EVALSHA", "db.stored_procedure.name": name}
        with tracer().start_as_current_span(f"EVALSHA {name}", kind=SpanKind.CLIENT, attributes=about):
            return call(*args, **kwargs)

    return told
