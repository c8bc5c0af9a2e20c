"""Halls to pretix' seating plans and back; plans of others, and files that are none."""

from math import cos, pi, sin
from typing import Any

import pytest

from reservations.core import generator, pretix
from reservations.core.seat import Drawing, Kind

HALLS = [
    generator.straight("Rows", 4, 10, aisles_after=(5,), wheelchairs=1, standing=60),
    generator.arcs("Arcs", 3, 12),
    generator.tables("Tables", 3, 2, 6),
]


@pytest.mark.parametrize("hall", HALLS, ids=lambda hall: hall.name)
def test_a_hall_comes_back_as_it_went(hall: Drawing) -> None:
    back = pretix.load(pretix.dump(hall))
    assert back.sections == hall.sections
    assert back.areas == hall.areas
    assert (back.name, back.width, back.height) == (hall.name, hall.width, hall.height)
    assert back.stage == pytest.approx(hall.stage)
    assert pretix.dump(back) == pretix.dump(hall)


def _seat(number: int, x: float, y: float = 0, **more: Any) -> dict[str, Any]:
    return {"seat_guid": str(number), "seat_number": str(number), "position": {"x": x, "y": y}, "category": "Gold", **more}


def _plan(zones: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": "Theirs", "categories": [{"name": "Gold", "color": "#ffcc00"}], "zones": zones, "size": {"width": 600, "height": 400}}


def test_positions_add_up_from_zone_row_and_seat() -> None:
    row = {"row_number": "C", "row_number_position": "both", "position": {"x": 10, "y": 20}, "seats": [_seat(7, 1, 2)]}
    plan = _plan([{"name": "Block", "position": {"x": 100, "y": 200}, "rows": [row], "areas": []}] * 2)
    hall = pretix.load(plan)
    (line,) = hall.sections[0].rows
    assert (line.label, line.ring) == ("C", False)
    assert (line.seats[0].label, line.seats[0].x, line.seats[0].y, line.seats[0].kind) == ("7", 111, 222, Kind.NORMAL)
    assert [section.name for section in hall.sections] == ["Block", "Block 2"]
    assert hall.stage == (300, 0)


def test_seats_around_a_table_are_a_ring() -> None:
    seats = [_seat(n, 50 * cos(n * pi / 3), 50 * sin(n * pi / 3)) for n in range(6)]
    plan = _plan([{"name": "", "position": {"x": 100, "y": 100}, "rows": [{"row_number": "1", "seats": seats}]}])
    assert pretix.load(plan).sections[0].rows[0].ring


@pytest.mark.parametrize(
    "file", [None, [], {}, {"zones": []}, {"zones": [{"rows": [{}]}]}, _plan([{"rows": [{"seats": [_seat(1, 1e12)]}]}]), {"zones": 7}]
)
def test_what_is_no_plan_is_refused_in_words(file: Any) -> None:
    with pytest.raises(pretix.NotAPlan, match=r"\w+ \w+"):
        pretix.load(file)
