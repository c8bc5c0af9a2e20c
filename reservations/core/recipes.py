"""A hall from a form: which generator, with which numbers, in bounds that the generators can be trusted with."""

from collections.abc import Mapping
from dataclasses import dataclass

from reservations.core import generator
from reservations.core.seat import Drawing

MOST = 20_000


class NotARecipe(ValueError):
    """The message says which number is wrong."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a form says; each word has its least and its most."""

    said: Mapping[str, object]

    def take(self, word: str, least: int, most: int, usual: int) -> int:
        try:
            number = int(str(self.said.get(word, usual) or 0))
        except ValueError:
            raise NotARecipe(f"{word} is no number.") from None
        if not least <= number <= most:
            raise NotARecipe(f"{word} is from {least} to {most}.")
        return number

    def several(self, word: str, most: int) -> list[int]:
        """Numbers with commas between them."""
        try:
            numbers = [int(part) for part in str(self.said.get(word) or "").replace(" ", "").split(",") if part]
        except ValueError:
            raise NotARecipe(f"{word} is numbers with commas between, like 6, 14.") from None
        if len(numbers) > 20 or any(not 0 < n < most for n in numbers):
            raise NotARecipe(f"{word} is up to 20 numbers below {most}.")
        return numbers


def cook(name: str, shape: str, said: Mapping[str, object]) -> Drawing:
    """`shape`: rows, arcs or tables; raises NotARecipe."""
    shapes = {"rows": _rows, "arcs": _arcs, "tables": _tables}
    if shape not in shapes:
        raise NotARecipe(f"shape is one of {', '.join(shapes)}.")
    return shapes[shape](name, Numbers(said))


def _rows(name: str, numbers: Numbers) -> Drawing:
    rows, seats = numbers.take("rows", 1, 200, 10), numbers.take("seats", 1, 300, 20)
    _enough(rows * seats)
    wheelchairs, standing = numbers.take("wheelchairs", 0, seats // 2, 0), numbers.take("standing", 0, 20_000, 0)
    return generator.straight(name, rows, seats, aisles_after=numbers.several("aisles", seats), wheelchairs=wheelchairs, standing=standing)


def _arcs(name: str, numbers: Numbers) -> Drawing:
    rows, seats, growth = numbers.take("rows", 1, 100, 10), numbers.take("seats", 3, 200, 20), numbers.take("growth", 0, 20, 2)
    _enough(rows * (seats + rows * growth // 2))
    parts = numbers.take("sections", 1, 5, 3)
    words = {1: ("Stalls",), 2: ("Left", "Right"), 3: ("Left", "Centre", "Right")}.get(parts, tuple(f"Block {n + 1}" for n in range(parts)))
    return generator.arcs(name, rows, seats, growth=growth, sections=words)


def _tables(name: str, numbers: Numbers) -> Drawing:
    across, down, seats = numbers.take("across", 1, 40, 5), numbers.take("down", 1, 40, 4), numbers.take("seats", 1, 20, 6)
    _enough(across * down * seats)
    return generator.tables(name, across, down, seats)


def _enough(seats: int) -> None:
    if seats > MOST:
        raise NotARecipe(f"That would be {seats:,} seats; one hall is built of at most {MOST:,}.")
