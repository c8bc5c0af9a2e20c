"""When to order, and how much: an order-up-to level with safety stock.

Source: Silver, Pyke, Peterson, "Inventory Management and Production Planning and Scheduling", 3rd ed., Wiley 1998, chapter 7
(probabilistic demand; the (s, S) control system) with demand over the lead time taken as normal and independent by day:

    safety stock   SS = max(what the staff set, k * sigma * sqrt(L))
    reorder point  s  = d * L + SS            never below the product's alert line
    order-up-to    S  = s + d * R
    position       P  = available + on order - owed
    order          S - P  where P <= s, else nothing

d and sigma are mean and standard deviation of a day's demand (sold less returned, and what was refused), L the lead time in
days, R the days that an order should last beyond it, k the safety factor: 1.645 leaves 5 % of order cycles with a shortage.
"""

from dataclasses import dataclass
from math import ceil, sqrt

SAFETY_FACTOR = 1.645
REVIEW_DAYS = 7


@dataclass(frozen=True, slots=True)
class Demand:
    """Over so many days: the units, and the sum of the squares of each day's units."""

    days: int
    units: int = 0
    squares: int = 0

    @property
    def mean(self) -> float:
        return self.units / self.days

    @property
    def deviation(self) -> float:
        return sqrt(max(self.squares / self.days - self.mean**2, 0.0))


@dataclass(frozen=True, slots=True)
class Policy:
    """What the staff decided of a product. `low_at`: its alert line, if it has one."""

    lead_days: int
    safety_stock: int = 0
    low_at: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    available: int
    on_order: int = 0
    owed: int = 0

    @property
    def units(self) -> int:
        return self.available + self.on_order - self.owed


@dataclass(frozen=True, slots=True)
class Advice:
    quantity: int
    safety: int
    reorder_point: int
    target: int


def advise(demand: Demand, policy: Policy, position: Position) -> Advice:
    """How much to order now; 0 where there is enough."""
    safety = max(policy.safety_stock, ceil(SAFETY_FACTOR * demand.deviation * sqrt(policy.lead_days)))
    line = policy.low_at if policy.low_at is not None else -1
    reorder_point = max(ceil(demand.mean * policy.lead_days) + safety, line)
    # One more than the alert line, for at the line it is low.
    target = max(reorder_point + ceil(demand.mean * REVIEW_DAYS), line + 1)
    quantity = target - position.units if position.units <= reorder_point else 0
    return Advice(max(quantity, 0), safety, reorder_point, target)
