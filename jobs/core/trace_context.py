"""W3C Trace Context as one text, as it travels in rows, messages and the journal: the traceparent, and the tracestate after a space.

https://www.w3.org/TR/trace-context/ - where traces are switched off, the text is empty.
"""

from collections.abc import Mapping

PARENT, STATE = "traceparent", "tracestate"
# 55 characters, a space, and the 512 that the specification asks everybody to hand on.
LONGEST = 568


def carried(headers: Mapping[str, str]) -> str:
    """The headers as one text; what is too long to be kept loses its tracestate, which is allowed."""
    parent, state = headers.get(PARENT, ""), headers.get(STATE, "")
    text = f"{parent} {state}".strip()
    return text if len(text) <= LONGEST else parent


def headers(trace: str) -> dict[str, str]:
    """The text as headers again."""
    parent, _, state = trace.partition(" ")
    return {name: value for name, value in ((PARENT, parent), (STATE, state)) if value}


def id_of(trace: str) -> str:
    """The trace's id, 32 hexadecimal digits; "" of none."""
    return trace[3:35]
