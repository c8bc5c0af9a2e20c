import pytest

from jobs.core.errors import InvalidFilter
from jobs.core.patterns import matcher


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("job.*", "job.dead", True),
        ("job.*", "job", False),
        ("job.*", "job.a.b", False),
        ("stock.**", "stock", True),
        ("stock.**", "stock.low.north", True),
        ("stock.**", "stocks.low", False),
        ("**", "anything.at.all", True),
        ("**.low", "low", True),
        ("**.low", "stock.shelf.low", True),
        ("a.**.z", "a.z", True),
        ("a.**.z", "a.b.c.z", True),
        ("a.**.z", "a.b.c", False),
        ("job.dead", "job.dead", True),
    ],
)
def test_a_star_is_one_segment_and_two_are_any_number(pattern: str, name: str, matches: bool) -> None:
    assert matcher(pattern)(name) is matches


@pytest.mark.parametrize("pattern", ["", "a..b", "job.*x", "a b", "job.(.*)"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidFilter):
        matcher(pattern)
