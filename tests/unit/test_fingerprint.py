"""Failures that are one and the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.core.fingerprint import fingerprint, place_of, shape_of

TRACEBACK = """Traceback (most recent call last):
  File "/srv/app/jobs/worker/executor.py", line 56, in _perform
    return job_type.dump_result(perform())
  File "/srv/app/stock/services/reserving.py", line {line}, in reserve
    rows = take(lines)
  File "/srv/app/.venv/lib/python3.11/site-packages/django/db/models/query.py", line 633, in get
    raise self.model.DoesNotExist(
stock.models.Product.DoesNotExist: nothing
"""


def error(line: int = 12, type: str = "DoesNotExist", message: str = "nothing", traceback: str = TRACEBACK) -> dict[str, str]:
    return {"type": type, "message": message, "traceback": traceback.format(line=line)}


def test_the_place_is_the_innermost_frame_of_the_application() -> None:
    assert place_of(TRACEBACK.format(line=7)) == "stock/services/reserving.py in reserve"
    assert place_of('File "/usr/lib/python3.11/json/decoder.py", line 1, in decode') == "python3.11/json/decoder.py in decode"
    assert place_of("no frames") == ""
    assert (
        place_of('File "/srv/a/tasks.py", line 1, in run', "/srv/a")
        == place_of('File "/x/tasks.py", line 9, in run', "/x")
        == "tasks.py in run"
    )


def test_other_lines_and_messages_are_the_same_failure_and_other_types_exceptions_and_places_are_not() -> None:
    first = fingerprint("stock.reserve", error())
    assert fingerprint("stock.reserve", error(line=99, message="other words")) == first
    others = [
        fingerprint("stock.release", error()),
        fingerprint("stock.reserve", error(type="KeyError")),
        fingerprint("stock.reserve", error(traceback=TRACEBACK.replace("in reserve", "in release"))),
    ]
    assert len({first.id, *(other.id for other in others)}) == 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("its worker died 3 times", "its worker died 4 times"),
        ("no order 'A-1'", "no order 'B-2'"),
        ("8d1b2a5e-0000-4000-8000-000000000001 is gone", "0198f2c4-0000-7000-8000-000000000001 is gone"),
        ("<object at 0x7f33>", "<object at 0x7f44>"),
    ],
)
def test_without_a_place_the_shape_of_the_message_tells(one: str, other: str) -> None:
    assert shape_of(one) == shape_of(other)
    assert fingerprint("a.b", {"message": one}) == fingerprint("a.b", {"message": other, "traceback": None})


@given(st.dictionaries(st.sampled_from(["type", "message", "traceback"]), st.text(max_size=200)), st.text(max_size=20))
def test_anything_has_a_fingerprint(told: dict[str, str], job_type: str) -> None:
    found = fingerprint(job_type, told)
    assert re.fullmatch("[0-9a-f]{16}", found.id)
    assert len(found.where) <= 200
