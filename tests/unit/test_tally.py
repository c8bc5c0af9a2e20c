from hypothesis import example, given
from hypothesis import strategies as st

from jobs.core.tally import BOUNDS, quantile

COUNTS = st.dictionaries(st.integers(0, len(BOUNDS)), st.integers(1, 1000), min_size=1)


def test_of_nothing_there_is_no_quantile() -> None:
    assert quantile({}, 0.5) is None


def test_a_quantile_lies_straight_between_the_bounds_of_its_bucket() -> None:
    assert quantile({7: 100}, 0.5) == (BOUNDS[6] + BOUNDS[7]) / 2


@given(COUNTS)
@example({0: 837})
def test_quantiles_grow_with_their_share_and_stay_within_what_was_counted(counts: dict[int, int]) -> None:
    found = [quantile(counts, share / 100) for share in (1, 50, 95, 99, 100)]
    known = [value for value in found if value is not None]
    assert known == sorted(known)
    assert len(known) == len(found)
    assert known[-1] <= BOUNDS[min(max(counts), len(BOUNDS) - 1)]
