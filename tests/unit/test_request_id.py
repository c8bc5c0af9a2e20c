"""Which ids of requests are taken from outside."""

import pytest

from jobs.core import request_id


@pytest.mark.parametrize("given", ["abc-1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a" * 100])
def test_a_sane_id_is_kept(given: str) -> None:
    assert request_id.accepted(given, lambda: "made") == given


@pytest.mark.parametrize("given", ["", "a" * 101, "two words", "line\nfeed", 'quote"', "größe", "a;b"])
def test_any_other_is_replaced(given: str) -> None:
    assert request_id.accepted(given, lambda: "made") == "made"


def test_it_is_known_within_its_block_only() -> None:
    with request_id.bound("one"), request_id.bound(""):
        assert request_id.current() == "one"
    assert request_id.current() == ""
