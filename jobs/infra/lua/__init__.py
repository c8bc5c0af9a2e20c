"""The text of the Lua scripts. One that begins with `-- with gates` has the library of that name before it."""

from pathlib import Path

FOLDER = Path(__file__).parent
WITH_GATES = "-- with gates\n"


def source(name: str) -> str:
    text = (FOLDER / f"{name}.lua").read_text()
    return (FOLDER / "gates.lua").read_text() + text if text.startswith(WITH_GATES) else text
