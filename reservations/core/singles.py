"""The rule against single seats, written once: for the picker, for who chooses by hand, and for what is proposed instead.

A choice leaves a single seat where a free ordinary seat is left with no free ordinary seat beside it, and had one before.
The rule refuses only where a choice of the same size in the same zones leaves none.
"""

from collections.abc import Iterable, Sequence
from math import dist

from reservations.core.hall import Floor, runs
from reservations.core.windows import windows


def left_single(floor: Floor, chosen: Iterable[int]) -> list[int]:
    """The seats that the choice would leave single; the chosen ones count as free before it."""
    hall, taken = floor.hall, set(chosen)
    blocks = sorted({hall.block_of[seat] for seat in taken if seat in hall.block_of})
    return [seat for block in blocks for seat in _left_in(floor, block, taken)]


def _left_in(floor: Floor, block: int, taken: set[int]) -> list[int]:
    hall, span = floor.hall, floor.hall.blocks[block]
    numbers = range(span.start, span.stop)
    before = [bool(hall.ordinary[s] and (floor.free[s] or s in taken)) for s in numbers]
    after = [is_open and s not in taken for s, is_open in zip(numbers, before, strict=True)]
    alone = {run[0] for run in runs(before, span) if len(run) == 1}
    return [run[0] for run in runs(after, span) if len(run) == 1 and run[0] not in alone]


def alternative(floor: Floor, chosen: Sequence[int]) -> list[int] | None:
    """Seats side by side of the same number and zones that leave no single seat, the nearest to the choice; None: there are none.

    The chosen seats must be free on the floor.
    """
    hall = floor.hall
    allowed = hall.in_zones(frozenset(hall.spots[s].zone for s in chosen))
    middle = hall.centre(chosen)
    best: tuple[float, tuple[int, ...]] | None = None
    for span in hall.blocks:
        for window in windows(floor, span, len(chosen), allowed):
            if not window.singles:
                found = (dist(hall.centre(window.seats), middle), window.seats)
                best = min(best, found) if best else found
    return list(best[1]) if best else None
