"""Seating plans in pretix' JSON: zones, rows and seats with positions relative to what holds them.

What pretix has no field for travels in words that it keeps: a seat's kind is its category, the stage and the room to stand are
rectangles with a text (`Stage`; `Floor (300 standing)`), and the seats of a table are a row whose seats stand in a ring.
"""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from math import dist
from typing import Any

from reservations.core.seat import Drawing, DrawnArea, DrawnRow, DrawnSeat, DrawnSection, Kind

CATEGORIES = {
    Kind.NORMAL: "Seats",
    Kind.WHEELCHAIR: "Wheelchair space",
    Kind.COMPANION: "Companion seat",
    Kind.RESTRICTED: "Restricted view",
}
COLOURS = {Kind.NORMAL: "#2f6f9c", Kind.WHEELCHAIR: "#7a3e9d", Kind.COMPANION: "#b0572b", Kind.RESTRICTED: "#8a6d1f"}
STANDING = re.compile(r"^(?P<name>.+) \((?P<capacity>\d{1,5}) standing\)$")
STAGE, MOST = "Stage", 200_000
PLANS = uuid.UUID("6a9f9d0e-8a51-4f2f-9d3c-0d4f1f4f2c11")


class NotAPlan(ValueError):
    """The file is not a seating plan; the message says where."""


def dump(drawing: Drawing) -> dict[str, Any]:
    """The drawing as pretix' editor and its shops read it. The same drawing gives the same guids."""
    zones = [_zone(drawing, section) for section in drawing.sections]
    return {
        "name": drawing.name,
        "categories": [{"name": CATEGORIES[kind], "color": COLOURS[kind]} for kind in Kind],
        "zones": [*zones, {"name": "", "zone_id": "areas", "position": _at(0, 0), "rows": [], "areas": list(_rectangles(drawing))}],
        "size": {"width": drawing.width, "height": drawing.height},
    }


def _zone(drawing: Drawing, section: DrawnSection) -> dict[str, Any]:
    rows = [_row(f"{drawing.name}/{section.name}/{number}", row) for number, row in enumerate(section.rows)]
    return {"name": section.name, "zone_id": section.name, "position": _at(0, 0), "rows": rows, "areas": []}


def _row(path: str, row: DrawnRow) -> dict[str, Any]:
    seats = [
        {
            "seat_guid": str(uuid.uuid5(PLANS, f"{path}/{number}")),
            "seat_number": seat.label,
            "position": _at(seat.x, seat.y),
            "category": CATEGORIES[seat.kind],
        }
        for number, seat in enumerate(row.seats)
    ]
    return {"row_number": row.label, "row_number_position": "both", "position": _at(0, 0), "seats": seats}


def _rectangles(drawing: Drawing) -> Iterator[dict[str, Any]]:
    x, y = drawing.stage
    yield _rectangle(STAGE, x - 100, y - 20, 200, 40)
    for area in drawing.areas:
        yield _rectangle(f"{area.name} ({area.capacity} standing)", area.x, area.y, area.width, area.height)


def _rectangle(text: str, x: float, y: float, width: float, height: float) -> dict[str, Any]:
    return {
        "shape": "rectangle",
        "color": "#e8e4d8",
        "border_color": "#888888",
        "rotation": 0,
        "position": _at(x, y),
        "rectangle": {"width": width, "height": height},
        "text": {"position": _at(width / 2, height / 2), "color": "#333333", "text": text},
    }


def _at(x: float, y: float) -> dict[str, float]:
    return {"x": x, "y": y}


def load(plan: Any) -> Drawing:
    """The plan as a drawing; raises NotAPlan."""
    try:
        return _load(plan)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, NotAPlan):
            raise
        raise NotAPlan(f"This is not a seating plan: {_told(error)}.") from None


def _told(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else "a value is of another kind than expected"


def _load(plan: Mapping[str, Any]) -> Drawing:
    if not plan["zones"]:
        raise NotAPlan("The plan has no zones.")
    zones = [zone for zone in plan["zones"] if zone.get("rows")]
    sections = tuple(DrawnSection(name, tuple(_rows(zone))) for name, zone in zip(_names(zones), zones, strict=True))
    texts = [found for zone in plan["zones"] for area in zone.get("areas") or () if (found := _text_of(zone, area))]
    areas = tuple(a for text, *box in texts if (a := _standing(text, *box)))
    width, height = _number(plan["size"]["width"]), _number(plan["size"]["height"])
    stage = next(((x + w / 2, y + h / 2) for text, x, y, w, h in texts if text.casefold() == STAGE.casefold()), (width / 2, 0.0))
    return Drawing(str(plan["name"]), round(width), round(height), sections, areas, stage)


def _names(zones: Sequence[Mapping[str, Any]]) -> list[str]:
    """Their own; a name that was there before gets a number."""
    names: list[str] = []
    for zone in zones:
        word = str(zone.get("name") or "Seats")
        names.append(next(name for name in chain([word], (f"{word} {n}" for n in count(2))) if name not in names))
    return names


def _rows(zone: Mapping[str, Any]) -> Iterator[DrawnRow]:
    zx, zy = _position(zone)
    for number, row in enumerate(zone["rows"]):
        rx, ry = _position(row)
        seats = tuple(_seat(seat, zx + rx, zy + ry) for seat in row["seats"])
        if seats:
            yield DrawnRow(str(row.get("row_number") or number + 1), seats, is_ring(seats))


def _seat(seat: Mapping[str, Any], x: float, y: float) -> DrawnSeat:
    dx, dy = _position(seat)
    category = str(seat.get("category", "")).casefold()
    kind = next((kind for kind, word in CATEGORIES.items() if word.casefold() == category), Kind.NORMAL)
    return DrawnSeat(str(seat["seat_number"]), round(x + dx, 2), round(y + dy, 2), kind)


def is_ring(seats: Sequence[DrawnSeat]) -> bool:
    """Four and more seats at one distance from their middle, the last as near to the first as the others are to each other."""
    if len(seats) < 4:
        return False
    x, y = sum(s.x for s in seats) / len(seats), sum(s.y for s in seats) / len(seats)
    ways = [dist((s.x, s.y), (x, y)) for s in seats]
    return max(ways) < 1.25 * min(ways)


def _text_of(zone: Mapping[str, Any], area: Mapping[str, Any]) -> tuple[str, float, float, float, float] | None:
    text = str((area.get("text") or {}).get("text") or "").strip()
    if area.get("shape") != "rectangle" or not text:
        return None
    (zx, zy), (x, y), box = _position(zone), _position(area), area["rectangle"]
    return text, zx + x, zy + y, _number(box["width"]), _number(box["height"])


def _standing(text: str, x: float, y: float, width: float, height: float) -> DrawnArea | None:
    found = STANDING.match(text)
    return DrawnArea(found["name"], int(found["capacity"]), x, y, width, height) if found else None


def _position(thing: Mapping[str, Any]) -> tuple[float, float]:
    at = thing.get("position") or {"x": 0, "y": 0}
    return _number(at["x"]), _number(at["y"])


def _number(value: Any) -> float:
    number = float(value)
    if not -MOST <= number <= MOST:
        raise NotAPlan("A position is too far out, or no number.")
    return number
