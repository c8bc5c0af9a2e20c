"""A chart of columns as the parts of an SVG; the page shows the same figures as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.queries.activity import Point

WIDTH, HEIGHT, GAP = 600.0, 120.0, 1.0


@dataclass(frozen=True, slots=True)
class Column:
    """`x`, `good` and `bad` (heights) in units of the view box; the two stand on each other, good below."""

    at: datetime
    succeeded: int
    failed: int
    x: float
    width: float
    good: float
    bad: float

    @property
    def good_y(self) -> float:
        return HEIGHT - self.good

    @property
    def bad_y(self) -> float:
        return HEIGHT - self.good - self.bad


@dataclass(frozen=True, slots=True)
class Chart:
    columns: list[Column]
    highest: int

    @property
    def box(self) -> str:
        return f"0 0 {WIDTH:g} {HEIGHT:g}"


def columns(series: Sequence[Point]) -> Chart:
    highest = max((point.succeeded + point.failed for point in series), default=0)
    scale, step = HEIGHT / (highest or 1), WIDTH / max(1, len(series))
    made = [_column(point, n * step, step - GAP, scale) for n, point in enumerate(series)]
    return Chart(made, highest)


def _column(point: Point, x: float, width: float, scale: float) -> Column:
    good, bad = round(point.succeeded * scale, 2), round(point.failed * scale, 2)
    return Column(point.at, point.succeeded, point.failed, round(x, 2), round(width, 2), good, bad)
