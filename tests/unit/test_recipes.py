"""A hall from the numbers of a form."""

import pytest

from reservations.core import recipes


@pytest.mark.parametrize(
    ("shape", "said", "seats"),
    [
        ("rows", {"rows": "3", "seats": "8", "aisles": "2, 6", "wheelchairs": "1", "standing": ""}, 24),
        ("arcs", {"rows": 2, "seats": 10, "growth": 4, "sections": 2}, 24),
        ("tables", {"across": 2, "down": 3, "seats": 5}, 30),
    ],
)
def test_each_shape_has_the_seats_that_its_numbers_say(shape: str, said: dict[str, object], seats: int) -> None:
    assert recipes.cook("Hall", shape, said).seats == seats


@pytest.mark.parametrize(
    ("shape", "said", "told"),
    [
        ("spiral", {}, "shape is one of"),
        ("rows", {"rows": "many"}, "rows is no number"),
        ("rows", {"rows": 0}, "rows is from 1"),
        ("rows", {"rows": 1000}, "rows is from 1 to 200"),
        ("rows", {"rows": 200, "seats": 300}, "60,000 seats"),
        ("rows", {"seats": 10, "aisles": "20"}, "below 10"),
        ("rows", {"aisles": "a"}, "commas"),
        ("tables", {"seats": 99}, "seats is from 1 to 20"),
    ],
)
def test_a_wrong_number_is_told(shape: str, said: dict[str, object], told: str) -> None:
    with pytest.raises(recipes.NotARecipe, match=told):
        recipes.cook("Hall", shape, said)
