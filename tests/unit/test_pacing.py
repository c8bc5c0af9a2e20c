"""The pace of a waiting room: up while holds are quick, down when they are not, never more inside than seats."""

from hypothesis import given
from hypothesis import strategies as st

from reservations.core import pacing
from reservations.core.pacing import Pace


def test_quick_holds_raise_the_pace_and_slow_ones_halve_it() -> None:
    assert pacing.adapt(Pace(10.0), 0.2, 1.0).rate > 10
    assert pacing.adapt(Pace(10.0), None, 1.0).rate > 10
    assert pacing.adapt(Pace(10.0), 3.0, 1.0).rate == 5.0


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0.01, 5)), max_size=50))
def test_the_pace_stays_in_its_bounds(course: list[tuple[float, float]]) -> None:
    pace = Pace()
    for latency, seconds in course:
        pace = pacing.adapt(pace, latency, seconds)
        assert pacing.SLOWEST <= pace.rate <= pacing.FASTEST


@given(st.floats(0, 100), st.integers(0, 500), st.integers(0, 500), st.integers(0, 2000))
def test_inside_are_never_more_than_could_share_what_is_free(owed: float, waiting: int, inside: int, free: int) -> None:
    count, after = pacing.let_in(Pace(5.0, owed), waiting, inside, free)
    assert 0 <= count <= min(waiting, owed)
    assert count == 0 or inside + count <= free / pacing.SEATS_EACH + 1
    assert after.owed >= 0
    assert free or not count


def test_over_time_as_many_are_let_in_as_the_pace_says() -> None:
    pace, total = Pace(3.3), 0
    for _ in range(100):
        pace = Pace(pace.rate, pace.owed + pace.rate * 0.1)
        count, pace = pacing.let_in(pace, 1000, 0, 10_000)
        total += count
    assert total == 33 or total == 32


def test_an_estimate_is_what_the_last_minute_says_or_nothing() -> None:
    assert pacing.estimate(30, 60, 60.0) == 30.0
    assert pacing.estimate(30, 0, 60.0) is None
