"""Which units answer which request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock.services.allocation import Rule, Shelf, Short, Taken, Wanted, take

NORTH, SOUTH, SHOP = 1, 2, 3
NAMES = {"North": NORTH, "South": SOUTH, "Shop": SHOP}


def shelf(north: int = 0, south: int = 0, shop: int = 0, sku: str = "A", product: int = 7, backorder: bool = False) -> Shelf:
    return Shelf(product, sku, backorder, {NORTH: north, SOUTH: south, SHOP: shop}, NAMES)


def taken(shelf: Shelf, lines: list[Wanted], rule: Rule = Rule.SPLIT) -> dict[int | None, int]:
    result = take({shelf.sku: shelf}, lines, rule)
    assert all(isinstance(entry, Taken) for entry in result), result
    return {entry.location: entry.quantity for entry in result}  # type: ignore[union-attr]


def test_one_place_that_has_all_is_taken_before_several_and_the_least_full_of_those() -> None:
    assert taken(shelf(north=9, south=4, shop=1), [Wanted("A", 3)]) == {SOUTH: 3}


def test_several_places_are_taken_the_fullest_first() -> None:
    assert taken(shelf(north=2, south=4, shop=1), [Wanted("A", 5)]) == {SOUTH: 4, NORTH: 1}


def test_the_named_location_comes_first() -> None:
    assert taken(shelf(north=9, shop=1), [Wanted("A", 3, "Shop")]) == {SHOP: 1, NORTH: 2}


@pytest.mark.parametrize(
    ("rule", "line", "left"),
    [
        (Rule.SPLIT, Wanted("A", 7), 6),
        (Rule.WHOLE, Wanted("A", 5), 4),
        (Rule.THERE, Wanted("A", 3, "Shop"), 2),
        (Rule.THERE, Wanted("A", 1), 0),
    ],
)
def test_a_rule_that_cant_be_kept_refuses_and_says_what_it_could_give(rule: Rule, line: Wanted, left: int) -> None:
    assert take({"A": shelf(north=4, shop=2)}, [line], rule) == [Short(7, "A", line.quantity, left)]


def test_lines_of_one_product_count_together() -> None:
    assert take({"A": shelf(north=5)}, [Wanted("A", 3), Wanted("A", 3)], Rule.SPLIT) == [Short(7, "A", 6, 5)]


def test_nothing_is_taken_when_one_line_falls_short() -> None:
    full, empty = shelf(north=5), shelf(sku="B", product=8)
    assert take({"A": full, "B": empty}, [Wanted("A", 3), Wanted("B", 1)], Rule.SPLIT) == [Short(8, "B", 1, 0)]
    assert full.left == 5


def test_what_is_not_there_is_owed_where_the_product_allows_it() -> None:
    assert taken(shelf(north=2, backorder=True), [Wanted("A", 5)]) == {NORTH: 2, None: 3}


amounts = st.integers(0, 20)
wanted = st.lists(
    st.builds(Wanted, st.sampled_from(["A", "B"]), st.integers(1, 9), st.sampled_from(["", "North", "Shop"])), min_size=1, max_size=4
)


@given(st.tuples(amounts, amounts, amounts), st.tuples(amounts, amounts, amounts), st.lists(wanted, max_size=12), st.sampled_from(Rule))
def test_units_are_never_made_or_lost_whatever_is_asked(
    a: tuple[int, ...], b: tuple[int, ...], asked: list[list[Wanted]], rule: Rule
) -> None:
    shelves = {"A": shelf(*a), "B": shelf(*b, sku="B", product=8)}
    given_away = {7: 0, 8: 0}
    for lines in asked:
        result = take(shelves, lines, rule)
        for entry in result:
            if isinstance(entry, Taken):
                given_away[entry.product] += entry.quantity
        if not isinstance(result[0], Short):
            assert sum(entry.quantity for entry in result if isinstance(entry, Taken)) == sum(line.quantity for line in lines)
    assert min(min(s.free.values()) for s in shelves.values()) >= 0
    assert (given_away[7] + shelves["A"].left, given_away[8] + shelves["B"].left) == (sum(a), sum(b))
