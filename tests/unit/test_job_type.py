from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jobs.core.backoff import Backoff
from jobs.core.errors import DeclarationError, InvalidPayload, UnknownJobType
from jobs.core.job_type import JobType, Payload, Registry


class Count(Payload):
    upto: int


def count(ctx: Any, payload: Count) -> int:
    """Count up.

    The second line is for developers.
    """
    return payload.upto


COUNT = JobType("demo.count", count, Count, int, "default", 5, timedelta(minutes=1), Backoff())


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"name": "Count"}, "app.verb"),
        ({"queue": "fast"}, "checkout, default, bulk"),
        ({"priority": 11}, "10 the most urgent"),
        ({"timeout": timedelta(0)}, "above zero"),
    ],
)
def test_a_wrong_declaration_is_refused_with_a_hint(wrong: dict[str, Any], hint: str) -> None:
    with pytest.raises(DeclarationError, match=hint):
        replace(COUNT, **wrong)


def test_a_payload_that_does_not_fit_names_each_wrong_field() -> None:
    with pytest.raises(InvalidPayload) as caught:
        COUNT.accept({"upto": "many", "colour": "red"})
    assert set(caught.value.fields) == {"upto", "colour"}


def test_an_unknown_type_comes_with_a_suggestion() -> None:
    registry = Registry()
    registry.add(COUNT)
    with pytest.raises(UnknownJobType, match=r"Did you mean demo\.count\?"):
        registry.get("demo.cuont")


def test_a_name_declared_twice_is_refused() -> None:
    registry = Registry()
    registry.add(COUNT)
    with pytest.raises(DeclarationError, match="declared twice"):
        registry.add(replace(COUNT, function=lambda ctx, payload: None))


def test_the_summary_is_the_first_line_of_the_docstring() -> None:
    assert COUNT.summary == "Count up."
