"""W3C Trace Context as one text, there and back."""

import pytest

from jobs.core.trace_context import LONGEST, carried, headers, id_of

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    "given", [{}, {"traceparent": PARENT}, {"traceparent": PARENT, "tracestate": "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"}]
)
def test_what_is_carried_comes_back(given: dict[str, str]) -> None:
    assert headers(carried(given)) == given


def test_a_tracestate_that_is_too_long_is_left_behind() -> None:
    assert carried({"traceparent": PARENT, "tracestate": "a=" + "x" * 510}) == f"{PARENT} a={'x' * 510}"
    assert len(f"{PARENT} a={'x' * 510}") == LONGEST
    assert carried({"traceparent": PARENT, "tracestate": "a=" + "x" * 511}) == PARENT


def test_its_id() -> None:
    assert (id_of(f"{PARENT} shop=7"), id_of("")) == ("0af7651916cd43dd8448eb211c80319c", "")
