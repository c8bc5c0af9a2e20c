"""Charts of columns and of lines as the parts of an SVG; the page shows the same figures as a table."""

from collections.abc import Callable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Line:
    """`paths` are runs of points without a gap, as SVG wants them; `place` tells its colour and dash."""

    name: str
    place: int
    paths: list[str]
    values: list[str]
    last: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """`highest` is what the top stands for; `rows` are the figures for the table: when, and a value of each line."""

    name: str
    title: str
    lines: list[Line]
    highest: str
    rows: list[tuple[datetime, list[str]]]

    @property
    def box(self) -> str:
        return f"0 0 {WIDTH:g} {HEIGHT:g}"


def whole(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}".replace(",", "\u2009")


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def lines(
    name: str, title: str, at: Sequence[datetime], series: Mapping[str, Sequence[float | None]], say: Callable[[float | None], str]
) -> LineChart:
    """A line for each series; None is a gap."""
    highest = max((value for values in series.values() for value in values if value is not None), default=0.0)
    made = [_line(name, place, values, highest, say) for place, (name, values) in enumerate(series.items())]
    rows = [(moment, [line.values[n] for line in made]) for n, moment in enumerate(at)]
    return LineChart(name, title, made, say(highest), [row for row in rows if any(value != say(None) for value in row[1])])


def _line(name: str, place: int, values: Sequence[float | None], highest: float, say: Callable[[float | None], str]) -> Line:
    step, scale = WIDTH / max(1, len(values)), (HEIGHT - 2) / (highest or 1)
    paths: list[list[str]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            paths.append([])
        else:
            # A run of one would be a line of no length.
            y = round(HEIGHT - 1 - value * scale, 2)
            paths[-1] += [f"{n * step:.2f},{y}", f"{(n + 1) * step:.2f},{y}"]
    known = [value for value in values if value is not None]
    return Line(name, place, [" ".join(path) for path in paths if path], [say(v) for v in values], say(known[-1] if known else None))
