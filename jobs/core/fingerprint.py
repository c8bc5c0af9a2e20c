"""Which failures are one and the same: those of one job type that raise the same exception at the same place of the code.

The place is a file and a function, not a line: it stays the same when lines above it change.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line \d+, in (?P<function>.+)$', re.MULTILINE)
# Code that is not the application's: a failure below it is told apart by the last frame above it.
_FOREIGN = re.compile(r"site-packages/|dist-packages/|/lib/python\d|^<")
_CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|'[^']*'|\"[^\"]*\"|\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`id` is the same for failures that are the same; `where` is the place, or the shape of the message where there is none."""

    id: str
    where: str


def fingerprint(job_type: str, error: Mapping[str, Any], root: str = "") -> Fingerprint:
    """Of an error as the journal tells it: {type, message, traceback}. `root` is where the project lies: the same failure is the
    same in another folder."""
    where = place_of(str(error.get("traceback") or ""), root) or shape_of(str(error.get("message") or ""))
    text = "\n".join([job_type, str(error.get("type") or ""), where])
    return Fingerprint(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16], where)


def place_of(traceback: str, root: str = "") -> str:
    """`stock/services/reserving.py in reserve`: the innermost frame of the application; nothing without frames."""
    frames = list(_FRAME.finditer(traceback))
    own = [frame for frame in frames if not _FOREIGN.search(frame["file"])]
    if not frames:
        return ""
    frame = (own or frames)[-1]
    inside = root and frame["file"].startswith(f"{root}/")
    file = frame["file"].removeprefix(f"{root}/") if inside else "/".join(re.split(r"[\\/]", frame["file"])[-3:])
    return f"{file} in {frame['function'].strip()}"[:200]


def shape_of(message: str) -> str:
    """The message without what changes from one time to the next: numbers, ids, what is quoted."""
    return _CHANGING.sub("…", message.strip().partition("\n")[0])[:200]
