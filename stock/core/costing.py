"""What the stock cost: a moving average over all units of a product, wherever they lie.

Source: IAS 2, paragraph 27, the weighted average "calculated as each additional shipment is received". Units go out at the average
and leave it as it is; the last unit takes the last of the value with it, so that roundings never pile up.
"""

from dataclasses import dataclass
from decimal import Decimal

GRAIN = Decimal("0.000001")
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a movement says of money: a unit's cost, None while nobody has said one; and by how much the stock's value changed."""

    unit_cost: Decimal | None
    value: Decimal


@dataclass(frozen=True, slots=True)
class Position:
    """A product's units and what they cost together; `average` outlives the last unit."""

    units: int = 0
    value: Decimal = NOTHING
    average: Decimal | None = None

    def moved(self, quantity: int, cost: Decimal | None = None, *, within: bool = False) -> Entry:
        """So many units come, at a cost of their own or at the average, or go. `within`: from one place to another, where what
        goes and what comes are the same."""
        unit_cost = self.average if cost is None or quantity < 0 else cost
        if unit_cost is None:
            return Entry(None, NOTHING)
        if quantity == -self.units and not within:
            return Entry(unit_cost, -self.value)
        return Entry(unit_cost, (quantity * unit_cost).quantize(GRAIN))

    def revalued(self, cost: Decimal) -> Entry:
        """A unit is said to have cost this."""
        return Entry(cost, (self.units * cost).quantize(GRAIN) - self.value)

    def after(self, quantity: int, entry: Entry) -> "Position":
        units, value = self.units + quantity, self.value + entry.value
        if entry.unit_cost in (None, self.average):
            return Position(units, value, self.average)
        return Position(units, value, (value / units).quantize(GRAIN) if units > 0 else entry.unit_cost)


def margin(price: Decimal, cost: Decimal | None) -> Decimal | None:
    """What share of the price is earned, in percent; None where the cost is not known or nothing is asked."""
    return None if cost is None or not price else ((price - cost) / price * 100).quantize(Decimal("0.1"))


def told(cost: Decimal) -> str:
    """With two places, and more where they say something: 1.20, 0.0125."""
    plain = f"{cost.normalize():f}"
    whole, _, parts = plain.partition(".")
    return f"{whole}.{parts:0<2}"
