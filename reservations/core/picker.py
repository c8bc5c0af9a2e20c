"""The best seats that can be had, by a stated order.

1. side by side, leaving no single seat; 2. side by side; 3. in groups with nobody alone, fewest groups first; 4. near each other.
Within each: fewest single seats left, then the least penalty (the better seats), then the first in the hall.
"""

from dataclasses import dataclass

from reservations.core import parties, wheelchairs
from reservations.core.hall import Floor
from reservations.core.windows import Window, windows


@dataclass(frozen=True, slots=True)
class Want:
    """So many seats in these zones (none named: any); `area` asks for standing room; `accessible` of them are wheelchairs' spaces."""

    size: int
    zones: frozenset[int] = frozenset()
    area: int | None = None
    accessible: int = 0
    together: bool = False


class Picker:
    """Picks on one floor. The best window of each block is kept until the block changes, so a pick looks at few seats anew."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self._allowed: dict[frozenset[int], bytes] = {}
        self._best: dict[tuple[int, frozenset[int]], list[tuple[int, Window | None]]] = {}

    def pick(self, want: Want) -> list[int] | None:
        """The best seats for that party, as numbers of the hall; None where it can't be served. Takes nothing."""
        if want.area is not None:
            return self._standing(want)
        if want.accessible:
            return wheelchairs.pick(self.floor, want.size, want.accessible, self.allowed(want.zones), together=want.together)
        if window := self._side_by_side(want):
            return list(window.seats)
        if want.together or want.size == 1:
            return None
        allowed = self.allowed(want.zones)
        return parties.in_groups(self.floor, want.size, allowed) or parties.nearest(self.floor, want.size, allowed)

    def left(self, want: Want) -> int:
        """How many seats of that kind are free, near each other or not."""
        hall, free = self.floor.hall, self.floor.free
        if want.area is not None:
            return sum(free[n] for n, spot in enumerate(hall.spots) if spot.area == want.area)
        allowed = self.allowed(want.zones)
        return sum(1 for n, is_free in enumerate(free) if is_free and allowed[n] and hall.ordinary[n])

    def allowed(self, zones: frozenset[int]) -> bytes:
        if zones not in self._allowed:
            self._allowed[zones] = self.floor.hall.in_zones(zones)
        return self._allowed[zones]

    def _side_by_side(self, want: Want) -> Window | None:
        """The least of the blocks' best windows; singles come first in their order, so tier 1 goes before tier 2."""
        known = self._best.setdefault((want.size, want.zones), [(-1, None)] * len(self.floor.hall.blocks))
        for number, (age, _) in enumerate(known):
            if age != self.floor.age[number]:
                known[number] = (self.floor.age[number], self._best_in(number, want))
        return min((window for _, window in known if window), default=None)

    def _best_in(self, number: int, want: Want) -> Window | None:
        return min(windows(self.floor, self.floor.hall.blocks[number], want.size, self.allowed(want.zones)), default=None)

    def _standing(self, want: Want) -> list[int] | None:
        spots = enumerate(self.floor.hall.spots)
        found = [n for n, spot in spots if spot.area == want.area and self.floor.free[n]][: want.size]
        return found if len(found) == want.size else None
