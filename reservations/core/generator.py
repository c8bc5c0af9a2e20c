"""Common halls from a few numbers: straight rows, arcs, tables."""

from collections.abc import Iterator, Sequence
from math import cos, pi, sin

from reservations.core.seat import Drawing, DrawnArea, DrawnRow, DrawnSeat, DrawnSection, Kind

PITCH, ROW_PITCH, AISLE, MARGIN = 50.0, 80.0, 60.0, 100.0


def letters(number: int) -> str:
    """A, B ... Z, AA, AB ...: how rows are called."""
    name, number = "", number + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def straight(name: str, rows: int, seats: int, *, aisles_after: Sequence[int] = (), wheelchairs: int = 0, standing: int = 0) -> Drawing:
    """Rows of equal length behind each other; `aisles_after` those seats, and the last row begins with wheelchair spaces."""
    width = seats * PITCH + len(aisles_after) * AISLE + 2 * MARGIN
    left = MARGIN + PITCH / 2
    top = 2 * MARGIN + (2 * MARGIN if standing else 0)
    drawn = [
        DrawnRow(letters(r), tuple(_line(seats, aisles_after, left, top + r * ROW_PITCH, wheelchairs if r == rows - 1 else 0)))
        for r in range(rows)
    ]
    areas = (DrawnArea("Standing", standing, MARGIN, MARGIN, width - 2 * MARGIN, MARGIN),) if standing else ()
    return Drawing(
        name, round(width), round(top + rows * ROW_PITCH + MARGIN), (DrawnSection("Stalls", tuple(drawn)),), areas, (width / 2, 0.0)
    )


def arcs(name: str, rows: int, seats: int, *, growth: int = 2, sections: Sequence[str] = ("Left", "Centre", "Right")) -> Drawing:
    """Bent rows around the stage, each `growth` seats longer than the one before it, cut into sections by aisles."""
    nearest = max(300.0, seats * PITCH / (0.7 * pi) + AISLE * len(sections))
    radius = nearest + rows * ROW_PITCH
    centre = radius + MARGIN
    cut: list[list[DrawnRow]] = [[] for _ in sections]
    for r in range(rows):
        for part, bent in enumerate(_arc(seats + r * growth, nearest + r * ROW_PITCH, (centre, MARGIN), len(sections))):
            cut[part].append(DrawnRow(letters(r), tuple(bent)))
    drawn = tuple(DrawnSection(word, tuple(part)) for word, part in zip(sections, cut, strict=True))
    return Drawing(name, round(2 * centre), round(radius + 2 * MARGIN), drawn, (), (centre, MARGIN))


def tables(name: str, across: int, down: int, seats: int) -> Drawing:
    """Round tables in a grid."""
    radius = max(60.0, seats * PITCH / (2 * pi))
    step = 2 * radius + 2 * PITCH
    drawn = [
        DrawnRow(
            f"Table {d * across + a + 1}", tuple(_table(seats, radius, MARGIN + step * (a + 0.5), 2 * MARGIN + step * (d + 0.5))), True
        )
        for d in range(down)
        for a in range(across)
    ]
    width = 2 * MARGIN + across * step
    return Drawing(name, round(width), round(3 * MARGIN + down * step), (DrawnSection("Tables", tuple(drawn)),), (), (width / 2, 0.0))


def _line(seats: int, aisles_after: Sequence[int], left: float, y: float, wheelchairs: int) -> Iterator[DrawnSeat]:
    for number in range(seats):
        x = left + number * PITCH + AISLE * sum(1 for aisle in aisles_after if number >= aisle)
        kind = (Kind.WHEELCHAIR, Kind.COMPANION)[number % 2] if number < 2 * wheelchairs else Kind.NORMAL
        yield DrawnSeat(str(number + 1), x, y, kind)


def _arc(seats: int, radius: float, centre: tuple[float, float], sections: int) -> list[list[DrawnSeat]]:
    """From left to right below the centre, an aisle between the sections."""
    step, aisle = PITCH / radius, AISLE / radius
    shares = [seats // sections + (part < seats % sections) for part in range(sections)]
    angle = pi / 2 + ((seats - 1) * step + (sections - 1) * aisle) / 2
    bent: list[list[DrawnSeat]] = []
    number = 0
    for share in shares:
        bent.append([])
        for _ in range(share):
            number += 1
            bent[-1].append(DrawnSeat(str(number), round(centre[0] + radius * cos(angle), 2), round(centre[1] + radius * sin(angle), 2)))
            angle -= step
        angle -= aisle
    return bent


def _table(seats: int, radius: float, x: float, y: float) -> Iterator[DrawnSeat]:
    for number in range(seats):
        angle = 2 * pi * number / seats - pi / 2
        yield DrawnSeat(str(number + 1), round(x + radius * cos(angle), 2), round(y + radius * sin(angle), 2))
