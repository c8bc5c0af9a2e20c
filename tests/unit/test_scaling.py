"""How many slots are needed, and when a pool changes."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.core.scaling import Demand, Limits, change, need, share

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def test_ten_jobs_a_second_of_half_a_second_keep_five_slots_busy() -> None:
    found = need(Demand("default", rate=10, expected=0, run=0.5, backlog=0), 5 * SECOND)
    assert found.slots == 7
    assert found.because.startswith("10.00 jobs/s seen now x 0.50 s each / 0.8 use = 6.25")


def test_what_waits_is_cleared_within_the_target_wait() -> None:
    assert need(Demand("default", rate=0, expected=0, run=2, backlog=100), 10 * SECOND).slots == 20


def test_the_same_hour_on_past_days_is_met_before_it_comes() -> None:
    found = need(Demand("default", rate=1, expected=8, run=1, backlog=0), 5 * SECOND)
    assert found.slots == 10
    assert "past days" in found.because


def test_nothing_to_do_needs_nothing() -> None:
    assert need(Demand("default", 0, 0, 0, 0), SECOND).slots == 0


def test_a_queue_is_shared_by_the_workers_that_serve_it() -> None:
    assert share({"checkout": 2, "bulk": 3, "nobody": 9}, {"checkout": ["a", "b"], "bulk": ["b"]}) == {"a": 1, "b": 4}


def test_growing_is_at_once_and_at_most_to_twice_the_size() -> None:
    assert change("w", 2, 9, Limits(1, 8), timedelta(), MINUTE).by == 2
    assert change("w", 6, 9, Limits(1, 8), timedelta(), MINUTE).by == 2


def test_shrinking_waits_for_the_cooldown_and_is_by_one() -> None:
    assert change("w", 4, 1, Limits(), 59 * SECOND, MINUTE).by == 0
    assert change("w", 4, 1, Limits(), MINUTE, MINUTE).by == -1


@given(st.integers(1, 20), st.integers(0, 100), st.integers(1, 5), st.integers(5, 20), st.integers(0, 600))
def test_a_change_leads_towards_the_limits_and_never_beyond(slots: int, wanted: int, least: int, most: int, calm: int) -> None:
    by = change("w", slots, wanted, Limits(least, most), calm * SECOND, MINUTE).by
    goal = max(least, min(most, wanted))
    assert abs(goal - (slots + by)) <= abs(goal - slots)
    assert by == 0 or (by > 0) == (goal > slots)


@given(st.floats(0, 1000), st.floats(0, 1000), st.floats(0, 100), st.integers(0, 10_000), st.integers(1, 100))
def test_more_demand_never_needs_less(rate: float, expected: float, run: float, backlog: int, wait: int) -> None:
    here = need(Demand("q", rate, expected, run, backlog), wait * SECOND).slots
    assert need(Demand("q", rate + 1, expected, run, backlog + 1), wait * SECOND).slots >= here
    assert here >= 0


@pytest.mark.parametrize("wanted", [0, 1])
def test_a_pool_at_its_least_stays(wanted: int) -> None:
    assert change("w", 1, wanted, Limits(1, 8), MINUTE, MINUTE).by == 0
