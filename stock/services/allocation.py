"""Which units answer which request: plain arithmetic over what is free, no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Rule(StrEnum):
    """Where the units of a line may come from."""

    SPLIT = "split"  # the line's own location first, then one place that has all of them, else several, the fullest first
    WHOLE = "whole"  # one place, or not at all
    THERE = "there"  # the line's own location, or not at all


@dataclass(frozen=True, slots=True)
class Wanted:
    sku: str
    quantity: int
    location: str = ""


@dataclass(slots=True)
class Shelf:
    """A product as the batch sees it: free units by location; they shrink as requests are met."""

    product: int
    sku: str
    backorder: bool
    free: dict[int, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    price: Decimal = Decimal(0)

    @property
    def left(self) -> int:
        return sum(self.free.values())


@dataclass(frozen=True, slots=True)
class Taken:
    """Units given to a request, at a price for one; without a location they are owed. `named`: the request asked for that place."""

    product: int
    location: int | None
    quantity: int
    price: Decimal = Decimal(0)
    named: bool = False


@dataclass(frozen=True, slots=True)
class Short:
    product: int
    sku: str
    wanted: int
    left: int


def take(shelves: Mapping[str, Shelf], lines: Sequence[Wanted], rule: Rule) -> list[Taken] | list[Short]:
    """All lines or none: what was taken, or each product that falls short. Lines of one product count together."""
    before = {sku: dict(shelves[sku].free) for sku in {line.sku for line in lines}}
    taken: dict[tuple[int, int | None], int] = {}
    named: set[tuple[int, int | None]] = set()
    short: set[str] = set()
    for line in summed(lines):
        shelf = shelves[line.sku]
        for place, units in _places(shelf, line, rule):
            taken[shelf.product, place] = taken.get((shelf.product, place), 0) + units
            if line.location and place in (None, shelf.names.get(line.location)):
                named.add((shelf.product, place))
            if place is not None:
                shelf.free[place] -= units
            line = Wanted(line.sku, line.quantity - units, line.location)
        if line.quantity:
            short.add(line.sku)
    if not short:
        prices = {shelves[sku].product: shelves[sku].price for sku in before}
        return [Taken(*key, units, prices[key[0]], key in named) for key, units in taken.items()]
    for sku, free in before.items():
        shelves[sku].free = free
    return [_short(shelves[sku], lines, rule) for sku in sorted(short)]


def summed(lines: Sequence[Wanted]) -> list[Wanted]:
    """One line for each product and location; those that name a location first, for they have less choice."""
    sums: dict[tuple[str, str], int] = {}
    for line in lines:
        sums[line.sku, line.location] = sums.get((line.sku, line.location), 0) + line.quantity
    return [Wanted(sku, units, place) for (sku, place), units in sorted(sums.items(), key=lambda item: not item[0][1])]


def _short(shelf: Shelf, lines: Sequence[Wanted], rule: Rule) -> Short:
    """With as many as could have been had by that rule."""
    mine = [line for line in lines if line.sku == shelf.sku]
    left = shelf.left
    if rule == Rule.THERE:
        left = sum(shelf.free.get(place, 0) for place in {shelf.names.get(line.location, 0) for line in mine})
    elif rule == Rule.WHOLE:
        left = max(shelf.free.values(), default=0)
    return Short(shelf.product, shelf.sku, sum(line.quantity for line in mine), left)


def _places(shelf: Shelf, line: Wanted, rule: Rule) -> list[tuple[int | None, int]]:
    """Where the line's units come from; they add up to less than wanted where they do not suffice."""
    found: list[tuple[int | None, int]] = []
    missing = line.quantity
    for place in _order(shelf, line, rule):
        units = min(missing, max(shelf.free.get(place, 0), 0))
        if units and (rule == Rule.SPLIT or units == missing):
            found.append((place, units))
            missing -= units
        if not missing:
            return found
    return [*found, (None, missing)] if shelf.backorder else found


def _order(shelf: Shelf, line: Wanted, rule: Rule) -> list[int]:
    own = shelf.names.get(line.location)
    first = [] if own is None else [own]
    if rule == Rule.THERE:
        return first
    # A place that can give all of it, the least full of those; then the fullest.
    others = sorted(
        (place for place in shelf.free if place != own),
        key=lambda place: (
            shelf.free[place] < line.quantity,
            shelf.free[place] if shelf.free[place] >= line.quantity else -shelf.free[place],
            place,
        ),
    )
    return first + others
