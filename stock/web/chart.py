"""Charts as the parts of an SVG: bars that lie, and a line over days. The page shows the same figures as a table.

Bars are in percent of the page's width and in pixels of height, so that their words stay as large as others on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600.0, 160.0
ROW, LABEL, ROOM, LONGEST = 28, 35.0, 38.0, 14


@dataclass(frozen=True, slots=True)
class Bar:
    """`start`, `width` and `end`, where its figure is written, in percent; `y` in pixels."""

    label: str
    value: float
    y: int
    width: float
    start: float = LABEL

    @property
    def short(self) -> str:
        return self.label if len(self.label) <= LONGEST else f"{self.label[: LONGEST - 1]}…"

    @property
    def before(self) -> float:
        """Where its label ends."""
        return self.start - 1

    @property
    def middle(self) -> int:
        return self.y + ROW // 2

    @property
    def top(self) -> int:
        return self.y + 4

    @property
    def end(self) -> float:
        return self.start + self.width + 1


@dataclass(frozen=True, slots=True)
class Bars:
    title: str
    bars: list[Bar]

    @property
    def height(self) -> int:
        return len(self.bars) * ROW

    @property
    def said(self) -> str:
        """For who can't see it."""
        return f"{self.title}: " + ", ".join(f"{bar.label} {bar.value:,.2f}" for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    points: str
    first: str
    last: str
    lowest: float
    highest: float

    @property
    def box(self) -> str:
        return f"0 -4 {WIDTH:g} {HEIGHT + 8:g}"

    @property
    def said(self) -> str:
        return f"{self.title} from {self.first} to {self.last}: between {self.lowest:,.2f} and {self.highest:,.2f}"


def bars(title: str, rows: Sequence[tuple[str, float]]) -> Bars:
    most = max((value for _, value in rows), default=0.0) or 1.0
    return Bars(title, [Bar(label, value, n * ROW, round(max(value, 0) / most * ROOM, 2)) for n, (label, value) in enumerate(rows)])


def line(title: str, series: Sequence[tuple[str, float]]) -> Line | None:
    """None for fewer than two days: one is no line."""
    if len(series) < 2:
        return None
    values = [value for _, value in series]
    low, high = min(values), max(values)
    step, scale = WIDTH / (len(values) - 1), HEIGHT / ((high - low) or 1.0)
    points = " ".join(f"{n * step:.1f},{HEIGHT - (value - low) * scale:.1f}" for n, value in enumerate(values))
    return Line(title, points, series[0][0], series[-1][0], low, high)
