"""What the formula of replenishment promises, whatever comes in."""

from hypothesis import given
from hypothesis import strategies as st

from stock.core.replenishment import REVIEW_DAYS, Demand, Policy, Position, advise

days = st.lists(st.integers(0, 1000), min_size=7, max_size=56)
policies = st.builds(Policy, st.integers(0, 90), st.integers(0, 500), st.none() | st.integers(0, 500))
positions = st.builds(Position, st.integers(0, 100_000), st.integers(0, 10_000), st.integers(0, 10_000))


def demand(units: list[int]) -> Demand:
    return Demand(len(units), sum(units), sum(n * n for n in units))


def test_a_worked_example() -> None:
    # 4 a day without any variation, 9 days of lead: 36 are needed until it comes; 28 more for the week after.
    steady = Demand(28, 112, 448)
    assert advise(steady, Policy(9), Position(36)).quantity == 28
    assert advise(steady, Policy(9), Position(37)).quantity == 0
    # Days of 0 and 8: the deviation is 4, so 1.645 * 4 * 3 = 19.74 are kept for safety.
    uneven = Demand(28, 112, 896)
    assert (advise(uneven, Policy(9), Position(0)).safety, advise(uneven, Policy(9), Position(0)).quantity) == (20, 84)


@given(days, policies, positions)
def test_after_the_order_there_is_enough_and_nothing_more_is_proposed(units: list[int], policy: Policy, position: Position) -> None:
    advice = advise(demand(units), policy, position)
    after = Position(position.available, position.on_order + advice.quantity, position.owed)
    if advice.quantity:
        assert position.units <= advice.reorder_point
        assert after.units == advice.target
    if advice.target > advice.reorder_point:
        assert advise(demand(units), policy, after).quantity == 0


@given(days, policies, positions, st.integers(1, 1000))
def test_more_on_the_shelf_never_orders_more(units: list[int], policy: Policy, position: Position, more: int) -> None:
    fuller = Position(position.available + more, position.on_order, position.owed)
    assert advise(demand(units), policy, fuller).quantity <= advise(demand(units), policy, position).quantity


@given(days, policies, st.integers(1, 30))
def test_a_longer_lead_never_waits_longer(units: list[int], policy: Policy, more: int) -> None:
    longer = Policy(policy.lead_days + more, policy.safety_stock, policy.low_at)
    assert advise(demand(units), longer, Position(0)).reorder_point >= advise(demand(units), policy, Position(0)).reorder_point


@given(policies, positions)
def test_what_nobody_wants_is_ordered_only_up_to_what_the_staff_want_there(policy: Policy, position: Position) -> None:
    advice = advise(Demand(56), policy, position)
    wanted = max(policy.safety_stock, -1 if policy.low_at is None else policy.low_at + 1)
    assert position.units + advice.quantity <= max(wanted, position.units)


@given(days, positions)
def test_the_target_lasts_beyond_the_lead_time(units: list[int], position: Position) -> None:
    asked = demand(units)
    assert advise(asked, Policy(5), position).target >= asked.mean * (5 + REVIEW_DAYS)
