"""Seats side by side: every way to seat a number of people next to each other in a block."""

from collections.abc import Iterator
from dataclasses import dataclass

from reservations.core.hall import Floor, Span


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Ordered by what is preferred: fewer single seats left, then the better seats, then the first."""

    singles: int
    penalty: int
    seats: tuple[int, ...]


def windows(floor: Floor, span: Span, size: int, allowed: bytes) -> Iterator[Window]:
    """All windows of that size among the free ordinary seats; each seat of a window must be allowed."""
    if floor.closed(span):
        yield from _around(floor, span, size, allowed)
        return
    for run in floor.runs(span):
        for at in range(len(run) - size + 1):
            seats = run[at : at + size]
            if all(allowed[s] for s in seats):
                singles = (at == 1) + (len(run) - at - size == 1)
                yield Window(singles, floor.hall.penalty(seats), seats)


def _around(floor: Floor, span: Span, size: int, allowed: bytes) -> Iterator[Window]:
    """In a ring with every seat free, a window may begin anywhere."""
    length = len(span)
    for at in range(length if size < length else int(size == length)):
        seats = tuple(span.start + (at + step) % length for step in range(size))
        if all(allowed[s] for s in seats):
            yield Window(int(length - size == 1), floor.hall.penalty(seats), seats)
