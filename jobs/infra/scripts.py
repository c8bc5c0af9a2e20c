"""The Lua scripts, each in its own file under lua/, loaded once per server and called by name."""

from functools import cache
from pathlib import Path

from redis.commands.core import Script

from jobs.infra.redis import client

FOLDER = Path(__file__).parent / "lua"


@cache
def script(name: str) -> Script:
    """The script of that name, callable with `keys=` and `args=`; its file documents both and its answer."""
    return client().register_script((FOLDER / f"{name}.lua").read_text())
