"""The text of the Lua scripts. One that begins with `-- with gates` has the library of that name before it.

Redis runs a script from its first line at each call, and making all functions of the library costs it more than the rest of
a claim or a report. Most jobs have no gates; so what follows the mark is a function that is called when it is needed first.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
WITH_GATES = "-- with gates\n"
MARK = "-- The rest is made when it is first asked for (see __init__.py).\n"
MADE_LATER = """
setmetatable(gates, { __index = function(_, name)
  setmetatable(gates, nil)
  make()
  return gates[name]
end })
"""


def source(name: str) -> str:
    text = _text(name)
    if not text.startswith(WITH_GATES):
        return text
    door, _, rest = _text("gates").partition(MARK)
    return f"{door}local function make()\n{rest}end\n{MADE_LATER}{text}"


def _text(name: str) -> str:
    return (FOLDER / f"{name}.lua").read_text()
