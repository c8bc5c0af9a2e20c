"""A party that can't sit side by side: in groups with nobody alone, else near each other."""

from collections.abc import Iterator, Sequence
from heapq import nsmallest

from reservations.core.hall import Floor
from reservations.core.singles import left_single
from reservations.core.windows import Window, windows

# All combinations of so many windows of each size are compared; in a hall with more, of the best so many.
CANDIDATES = {2: 60, 3: 16}
# Near each other: tried from so many of the best free seats.
ANCHORS = 48


def in_groups(floor: Floor, size: int, allowed: bytes) -> list[int] | None:
    """Groups of two and more: the fewest groups, then the fewest single seats left, then the least penalty and way between them."""
    for groups in CANDIDATES:
        found = [plan for sizes in partitions(size, groups) if (plan := _best_plan(floor, sizes, allowed, CANDIDATES[groups]))]
        if found:
            return min(found)[2]
    return _one_by_one(floor, size, allowed)


def partitions(size: int, groups: int, most: int | None = None) -> Iterator[tuple[int, ...]]:
    """Ways to split a party into so many groups of two and more, the largest first."""
    most = most or size
    if groups == 1:
        if 2 <= size <= most:
            yield (size,)
        return
    for first in range(min(most, size - 2 * (groups - 1)), 1, -1):
        for rest in partitions(size - first, groups - 1, first):
            yield (first, *rest)


Plan = tuple[int, float, list[int]]


def _best_plan(floor: Floor, sizes: Sequence[int], allowed: bytes, candidates: int) -> Plan | None:
    of_size = {size: nsmallest(candidates, _all(floor, size, allowed)) for size in set(sizes)}
    plans = (plan for chosen in _together(sizes, of_size) if (plan := rated(floor, [w.seats for w in chosen])))
    return min(plans, default=None)


def rated(floor: Floor, groups: Sequence[tuple[int, ...]]) -> Plan:
    """(single seats left, penalty and way from the first group to the others in hundredths of a unit, the seats)."""
    hall, seats = floor.hall, sorted(seat for group in groups for seat in group)
    x, y = hall.centre(groups[0])
    way = sum(abs(cx - x) + abs(cy - y) for cx, cy in map(hall.centre, groups[1:]))
    return len(left_single(floor, seats)), round(hall.penalty(seats) + way, 6), seats


def _together(sizes: Sequence[int], of_size: dict[int, list[Window]]) -> Iterator[tuple[Window, ...]]:
    """Every choice of windows of these sizes that share no seat."""
    if not sizes:
        yield ()
        return
    for rest in _together(sizes[1:], of_size):
        used = {seat for window in rest for seat in window.seats}
        for window in of_size[sizes[0]]:
            if used.isdisjoint(window.seats):
                yield (window, *rest)


def _one_by_one(floor: Floor, size: int, allowed: bytes) -> list[int] | None:
    """Four groups and more: the largest that fits, again and again, never leaving one person over."""
    left, taken, seats = size, Floor(floor.hall, bytes(floor.free)), list[int]()
    while left:
        fits = (n for n in range(left, 1, -1) if left - n != 1)
        window = next((min(found) for n in fits if (found := list(_all(taken, n, allowed)))), None)
        if window is None:
            return None
        taken.take(window.seats)
        seats += window.seats
        left -= len(window.seats)
    return sorted(seats)


def _all(floor: Floor, size: int, allowed: bytes) -> Iterator[Window]:
    return (window for span in floor.hall.blocks for window in windows(floor, span, size, allowed))


def nearest(floor: Floor, size: int, allowed: bytes) -> list[int] | None:
    """Single seats around one of them, the shortest ways from it."""
    hall = floor.hall
    free = [s for s in range(len(hall)) if floor.free[s] and hall.ordinary[s] and allowed[s]]
    if len(free) < size:
        return None
    anchors = nsmallest(ANCHORS, free, key=lambda s: (hall.spots[s].penalty, s))
    around = (nsmallest(size, free, key=lambda s, anchor=anchor: (hall.apart(anchor, s), s)) for anchor in anchors)  # type: ignore[misc]
    rated = ((round(sum(hall.apart(seats[0], s) for s in seats), 6), hall.penalty(seats), sorted(seats)) for seats in around)
    return min(rated)[2]
