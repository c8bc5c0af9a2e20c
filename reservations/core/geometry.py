"""Who sits beside whom, from positions alone. Printed labels skip numbers, run backwards and mix odd with even; positions don't."""

from collections.abc import Sequence
from itertools import pairwise
from math import atan2, dist
from statistics import median

from reservations.core.seat import DrawnRow, DrawnSeat, DrawnSection, Kind

# A gap of more than so many pitches is an aisle; a wheelchair's space is up to one and a half wide.
AISLE = 1.8
ALONE = 50.0
RESTRICTED_VIEW = 500


def pitch(section: DrawnSection) -> float:
    """The usual distance between neighbours of the section; ALONE where no row has two seats."""
    gaps = [_apart(a, b) for row in section.rows for a, b in pairwise(in_order(row))]
    return median(gaps) if gaps else ALONE


def in_order(row: DrawnRow) -> list[DrawnSeat]:
    """The seats along the row, straight or bent, from its left end; those of a ring by their angle."""
    if len(row.seats) < 2:
        return list(row.seats)
    return _around(row.seats) if row.ring else _along(row.seats)


def blocks(row: DrawnRow, pitch: float) -> list[list[DrawnSeat]]:
    """The row cut at its aisles."""
    seats = in_order(row)
    if row.ring or not seats:
        return [seats] if seats else []
    cut = [[seats[0]]]
    for before, seat in pairwise(seats):
        if _apart(before, seat) > AISLE * pitch:
            cut.append([])
        cut[-1].append(seat)
    return cut


def penalty(seat: DrawnSeat, stage: tuple[float, float], pitch: float) -> int:
    """Hundredths of a pitch from the stage; more where the view is restricted."""
    return round(100 * dist((seat.x, seat.y), stage) / pitch) + (RESTRICTED_VIEW if seat.kind is Kind.RESTRICTED else 0)


def _apart(a: DrawnSeat, b: DrawnSeat) -> float:
    return dist((a.x, a.y), (b.x, b.y))


def _along(seats: Sequence[DrawnSeat]) -> list[DrawnSeat]:
    """From one end to whoever is nearest and not yet passed: right for lines and for arcs."""
    middle = DrawnSeat("", sum(s.x for s in seats) / len(seats), sum(s.y for s in seats) / len(seats))
    far = max(seats, key=lambda s: (_apart(s, middle), -s.x, s.y))
    left = set(range(len(seats)))
    at = max(left, key=lambda i: _apart(seats[i], far))
    path = []
    while True:
        path.append(seats[at])
        left.discard(at)
        if not left:
            break
        here = seats[at]
        at = min(left, key=lambda i: (_apart(seats[i], here), i))
    return path if (path[0].x, path[0].y) <= (path[-1].x, path[-1].y) else path[::-1]


def _around(seats: Sequence[DrawnSeat]) -> list[DrawnSeat]:
    x, y = sum(s.x for s in seats) / len(seats), sum(s.y for s in seats) / len(seats)
    return sorted(seats, key=lambda s: atan2(s.y - y, s.x - x))
