"""Spaces for wheelchairs, each with its companions beside it where that can be."""

from collections.abc import Iterator
from heapq import nsmallest

from reservations.core.hall import Floor, Hall, Span
from reservations.core.seat import Kind

Rated = tuple[int, int, list[int]]


def pick(floor: Floor, size: int, accessible: int, allowed: bytes, *, together: bool) -> list[int] | None:
    """Side by side with exactly so many wheelchairs' spaces, companions' seats before others; else the party around its first space."""
    hall = floor.hall
    if side_by_side := min((w for span in hall.blocks for w in _windows(floor, span, size, accessible, allowed)), default=None):
        return side_by_side[2]
    return None if together else _around(floor, size, accessible, allowed)


def _windows(floor: Floor, span: Span, size: int, accessible: int, allowed: bytes) -> Iterator[Rated]:
    """(ordinary seats used, penalty, seats): companions' seats are there for this."""
    hall = floor.hall
    for start in range(span.start, span.stop - size + 1):
        seats = list(range(start, start + size))
        if all(floor.free[s] and allowed[s] for s in seats) and _of_kind(hall, seats, Kind.WHEELCHAIR) == accessible:
            others = size - accessible - _of_kind(hall, seats, Kind.COMPANION)
            yield others, hall.penalty(seats), seats


def _around(floor: Floor, size: int, accessible: int, allowed: bytes) -> list[int] | None:
    hall = floor.hall
    free = [s for s in range(len(hall)) if floor.free[s] and allowed[s] and hall.spots[s].area is None]
    spaces = [s for s in free if hall.spots[s].kind is Kind.WHEELCHAIR]
    others = [s for s in free if hall.spots[s].kind is not Kind.WHEELCHAIR]
    if len(spaces) < accessible or len(others) < size - accessible:
        return None
    found = []
    for first in spaces:
        near = lambda s, first=first: (round(hall.apart(first, s), 6), hall.spots[s].kind is not Kind.COMPANION, s)  # noqa: E731
        seats = nsmallest(accessible, spaces, key=near) + nsmallest(size - accessible, others, key=near)
        found.append((round(sum(hall.apart(first, s) for s in seats), 6), hall.penalty(seats), sorted(seats)))
    return min(found)[2]


def _of_kind(hall: Hall, seats: list[int], kind: Kind) -> int:
    return sum(hall.spots[s].kind is kind for s in seats)
