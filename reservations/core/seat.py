"""The words of a hall: kinds of seats, and a hall as it is drawn."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    NORMAL = "normal"
    WHEELCHAIR = "wheelchair"
    COMPANION = "companion"
    RESTRICTED = "restricted"

    @property
    def label(self) -> str:
        return {"wheelchair": "wheelchair space", "companion": "companion seat", "restricted": "restricted view"}.get(self, "seat")


@dataclass(frozen=True, slots=True)
class DrawnSeat:
    label: str
    x: float
    y: float
    kind: Kind = Kind.NORMAL


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """`ring`: the seats stand around a table."""

    label: str
    seats: tuple[DrawnSeat, ...]
    ring: bool = False


@dataclass(frozen=True, slots=True)
class DrawnSection:
    name: str
    rows: tuple[DrawnRow, ...]


@dataclass(frozen=True, slots=True)
class DrawnArea:
    """Room to stand."""

    name: str
    capacity: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A hall as an editor or a file has it; positions in one unit, y away from the stage."""

    name: str
    width: int
    height: int
    sections: tuple[DrawnSection, ...]
    areas: tuple[DrawnArea, ...] = field(default=())
    stage: tuple[float, float] = (0.0, 0.0)

    @property
    def seats(self) -> int:
        return sum(len(row.seats) for section in self.sections for row in section.rows)
