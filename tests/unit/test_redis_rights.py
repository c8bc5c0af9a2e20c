"""What the scripts do is what roles may do: Redis asks for the right to each command of a script as well."""

import re

import pytest

from jobs.core.redis_rights import ROLES
from jobs.infra.lua import FOLDER

COMMAND = re.compile(r'redis\.call\("(\w+)"')


@pytest.mark.parametrize("script", sorted(path.stem for path in FOLDER.glob("*.lua")))
def test_some_role_may_do_all_that_a_script_does(script: str) -> None:
    needs = {command.lower() for command in COMMAND.findall((FOLDER / f"{script}.lua").read_text())}
    missing = {role: needs - {command for grant in grants for command in grant.commands} for role, grants in ROLES.items()}
    assert set() in missing.values(), missing
