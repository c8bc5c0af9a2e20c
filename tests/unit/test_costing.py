"""The moving average, against figures worked out by hand and whatever hypothesis thinks of."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from stock.core.costing import Entry, Position, margin, told

COSTS = some.decimals(0, 1000, places=4)


def bought(*lots: tuple[int, str]) -> Position:
    at = Position()
    for units, cost in lots:
        at = at.after(units, at.moved(units, Decimal(cost)))
    return at


def test_what_comes_moves_the_average_and_what_goes_does_not() -> None:
    at = bought((10, "2"), (30, "4"))
    assert (at.units, at.value, at.average) == (40, 140, Decimal("3.5"))
    sold = at.moved(-8)
    assert sold == Entry(Decimal("3.5"), Decimal(-28))
    assert at.after(-8, sold).average == Decimal("3.5")


def test_the_last_unit_takes_the_last_of_the_value() -> None:
    at = bought((3, "3.333333"), (3, "1"))
    for units in (-1, -4, -1):
        at = at.after(units, at.moved(units))
    assert (at.units, at.value) == (0, 0)
    # And the average is remembered for what is found again.
    assert at.moved(1).unit_cost == at.average == Decimal("2.166666")


def test_nothing_is_guessed_before_a_cost_was_said() -> None:
    assert Position(5).moved(-2) == Entry(None, Decimal(0))
    assert Position(5).revalued(Decimal("1.5")) == Entry(Decimal("1.5"), Decimal("7.5"))


def test_a_revaluation_brings_the_value_to_the_cost() -> None:
    at = bought((4, "2"))
    entry = at.revalued(Decimal("1.25"))
    assert (entry.value, at.after(0, entry).average) == (-3, Decimal("1.25"))


def test_units_that_only_change_their_place_keep_the_value() -> None:
    at = bought((3, "0.333333"))
    out = at.moved(-3, within=True)
    assert out.value + at.after(-3, out).moved(3, within=True).value == 0


@given(some.lists(some.tuples(some.integers(1, 500), COSTS), min_size=1, max_size=8), some.lists(some.integers(1, 300), max_size=8))
def test_the_value_is_never_negative_and_the_average_lies_between_what_was_paid(lots: list[tuple[int, Decimal]], sales: list[int]) -> None:
    at = Position()
    for units, cost in lots:
        at = at.after(units, at.moved(units, cost))
        for sale in [sale for sale in sales if sale <= at.units][:1]:
            at = at.after(-sale, at.moved(-sale))
    assert at.average is not None
    paid = [cost for _, cost in lots]
    assert min(paid) - Decimal("0.01") <= at.average <= max(paid) + Decimal("0.01")
    assert at.value >= -Decimal("0.01")


def test_a_margin_is_a_share_of_the_price() -> None:
    assert [margin(Decimal(10), Decimal(cost)) for cost in ("7.5", "12")] == [25, -20]
    assert (margin(Decimal(0), Decimal(1)), margin(Decimal(1), None)) == (None, None)


def test_a_cost_has_two_places_or_as_many_as_it_needs() -> None:
    assert [told(Decimal(cost)) for cost in ("1.2", "10", "0.012500", "3.140000")] == ["1.20", "10.00", "0.0125", "3.14"]
