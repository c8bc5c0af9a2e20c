"""A hall in memory: its seats by number, in the order of blocks; and a floor: which of them are free at a moment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import hypot

from reservations.core.seat import Kind

ORDINARY = (Kind.NORMAL, Kind.RESTRICTED)


@dataclass(frozen=True, slots=True)
class Spot:
    """One seat, or with `area` one place to stand. `id` is the show seat's."""

    id: int
    zone: int
    block: int = 0
    kind: Kind = Kind.NORMAL
    penalty: int = 0
    x: float = 0.0
    y: float = 0.0
    area: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A block: the seats `start` to `stop` of the hall, side by side; in a ring the last is beside the first."""

    start: int
    stop: int
    ring: bool = False

    def __len__(self) -> int:
        return self.stop - self.start


class Hall:
    """What never changes while a show is on sale, but for the painting of its zones."""

    def __init__(self, spots: Sequence[Spot], rings: Iterable[int] = ()) -> None:
        self.spots = tuple(spots)
        self.index = {spot.id: number for number, spot in enumerate(self.spots)}
        self.blocks = tuple(_spans(self.spots, frozenset(rings)))
        self.block_of = {number: b for b, span in enumerate(self.blocks) for number in range(span.start, span.stop)}
        self.penalties = tuple(accumulate((spot.penalty for spot in self.spots), initial=0))

    def __len__(self) -> int:
        return len(self.spots)

    @cached_property
    def ordinary(self) -> bytes:
        """1 for each seat that is sold to anyone: no space for a wheelchair, no companion's seat, no standing room."""
        return bytes(spot.area is None and spot.kind in ORDINARY for spot in self.spots)

    def in_zones(self, zones: frozenset[int]) -> bytes:
        """1 for each seat of these zones; of all zones where none is named."""
        return bytes(not zones or spot.zone in zones for spot in self.spots)

    def apart(self, a: int, b: int) -> float:
        return hypot(self.spots[a].x - self.spots[b].x, self.spots[a].y - self.spots[b].y)

    def centre(self, seats: Sequence[int]) -> tuple[float, float]:
        return sum(self.spots[s].x for s in seats) / len(seats), sum(self.spots[s].y for s in seats) / len(seats)

    def penalty(self, seats: Iterable[int]) -> int:
        return sum(self.spots[s].penalty for s in seats)


def _spans(spots: Sequence[Spot], rings: frozenset[int]) -> Iterator[Span]:
    start = 0
    for number in range(1, len(spots) + 1):
        if number == len(spots) or spots[number].block != spots[start].block or spots[number].area is not None:
            if spots[start].area is None:
                yield Span(start, number, spots[start].block in rings)
            start = number


class Floor:
    """Which seats are free. `age` counts the changes of each block, so that what was found out of it can be kept."""

    def __init__(self, hall: Hall, free: bytes) -> None:
        self.hall = hall
        self.free = bytearray(free)
        self.age = [0] * len(hall.blocks)

    def refresh(self, free: bytes) -> None:
        """Take over how it is now."""
        for number, span in enumerate(self.hall.blocks):
            if self.free[span.start : span.stop] != free[span.start : span.stop]:
                self.age[number] += 1
        self.free[:] = free

    def take(self, seats: Iterable[int]) -> None:
        self._set(seats, 0)

    def give(self, seats: Iterable[int]) -> None:
        self._set(seats, 1)

    def _set(self, seats: Iterable[int], value: int) -> None:
        for seat in seats:
            self.free[seat] = value
            if (block := self.hall.block_of.get(seat)) is not None:
                self.age[block] += 1

    def runs(self, span: Span) -> list[tuple[int, ...]]:
        """The longest stretches of ordinary free seats side by side; in a ring they may pass over the end."""
        return runs([bool(self.free[s] and self.hall.ordinary[s]) for s in range(span.start, span.stop)], span)

    def closed(self, span: Span) -> bool:
        """A ring with every seat free has no end to begin at."""
        return span.ring and all(self.free[s] and self.hall.ordinary[s] for s in range(span.start, span.stop))


def runs(open: Sequence[bool], span: Span) -> list[tuple[int, ...]]:
    """Stretches of open seats of a block, as numbers of the hall."""
    first = next((n for n, is_open in enumerate(open) if not is_open), 0) if span.ring else 0
    found: list[tuple[int, ...]] = []
    run: list[int] = []
    for step in range(len(open)):
        place = (first + step) % len(open)
        if open[place]:
            run.append(span.start + place)
        elif run:
            found.append(tuple(run))
            run = []
    return [*found, tuple(run)] if run else found
