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
# KEYS: those of all calls. ARGV: how many calls; for each, how many keys and how many arguments it has, and these. Answer: theirs.
MANY = """
local answers, key, arg = {{}}, 0, 1
local function slice(list, first, count)
  local part = {{}}
  for at = 1, count do
    part[at] = list[first + at]
  end
  return part
end
local function once(KEYS, ARGV)
{script}
end
for n = 1, tonumber(ARGV[1]) do
  local keys, args = tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
  answers[n] = once(slice(KEYS, key, keys), slice(ARGV, arg + 2, args))
  key, arg = key + keys, arg + 2 + args
end
return answers
"""


def source(name: str) -> str:
    return _library(_text(name)) + _text(name)


def source_of_many(name: str) -> str:
    """The script called many times in one call, each as if alone but for the moment: `gates.now()` is the same for all."""
    return _library(_text(name)) + MANY.format(script=_text(name))


def _library(text: str) -> str:
    if not text.startswith(WITH_GATES):
        return ""
    door, _, rest = _text("gates").partition(MARK)
    return f"{door}local function make()\n{rest}end\n{MADE_LATER}"


def _text(name: str) -> str:
    return (FOLDER / f"{name}.lua").read_text()
