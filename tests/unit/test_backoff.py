from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.core.backoff import Backoff
from jobs.core.errors import DeclarationError


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (500, 30)])
def test_the_wait_doubles_up_to_the_ceiling(attempt: int, seconds: int) -> None:
    assert Backoff().delay(attempt, dice=0) == timedelta(seconds=seconds)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_jitter_adds_up_to_half_a_second_and_never_passes_the_ceiling(attempt: int, dice: float) -> None:
    policy = Backoff()
    plain = policy.delay(attempt, 0)
    assert plain <= policy.delay(attempt, dice) <= min(plain + policy.jitter, policy.ceiling)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"max_attempts": 0}, "from 1 to 5"),
        ({"max_attempts": 6}, "from 1 to 5"),
        ({"first": timedelta(0)}, "0 < first"),
        ({"factor": 0.5}, "1 or more"),
        ({"give_up_on": ("ValueError",)}, "exception classes"),
    ],
)
def test_a_wrong_policy_is_refused_with_a_hint(wrong: dict[str, object], hint: str) -> None:
    with pytest.raises(DeclarationError, match=hint):
        Backoff(**wrong)  # type: ignore[arg-type]
