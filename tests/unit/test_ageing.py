"""What lies on the shelf came last."""

from hypothesis import given
from hypothesis import strategies as st

from stock.core.ageing import LABELS, Arrival, bucket_of, layers

arrivals = st.lists(st.builds(Arrival, st.integers(0, 1000), st.integers(1, 500)), max_size=20).map(
    lambda rows: sorted(rows, key=lambda row: row.days)
)


def test_a_worked_example() -> None:
    came = [Arrival(5, 10), Arrival(40, 20), Arrival(100, 30)]
    assert layers(25, came) == [10, 15, 0, 0]
    assert layers(70, came) == [10, 20, 30, 10]


def test_a_limit_belongs_to_the_younger() -> None:
    assert [bucket_of(days) for days in (0, 30, 31, 90, 91, 180, 181)] == [0, 0, 1, 1, 2, 2, 3]


@given(st.integers(0, 5000), arrivals)
def test_every_unit_on_hand_has_an_age_and_no_more(on_hand: int, came: list[Arrival]) -> None:
    found = layers(on_hand, came)
    assert (sum(found), len(found), min(found) >= 0) == (on_hand, len(LABELS), True)


@given(st.integers(0, 5000), arrivals, st.integers(1, 100))
def test_selling_takes_the_oldest_first(on_hand: int, came: list[Arrival], sold: int) -> None:
    before, after = layers(on_hand + sold, came), layers(on_hand, came)
    assert all(sum(after[: n + 1]) <= sum(before[: n + 1]) for n in range(len(LABELS)))
    assert sum(before[:1]) - sum(after[:1]) <= max(sold - sum(before[1:]), 0)
