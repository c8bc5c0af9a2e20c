"""What can be listed is documented, all of it."""

from pathlib import Path

import pytest

from config.env import Env
from jobs.core.events import JobEvent
from jobs.core.redis_rights import ROLES, acl
from jobs.core.roles import Role
from jobs.core.search import QUALIFIERS
from jobs.core.states import AttemptState, Reason, State
from jobs.core.webhook_events import DISABLED, PAUSED, RESUMED, TEST

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", [*State, *AttemptState, *Reason])
def test_every_state_and_reason_is_explained(name: str) -> None:
    assert f"`{name}`" in (REFERENCE / "states.md").read_text()


@pytest.mark.parametrize("name", Env.model_fields)
def test_every_setting_is_explained_as_the_code_explains_it(name: str) -> None:
    assert f"| {Env.model_fields[name].description} |" in (REFERENCE / "settings.md").read_text()
    assert f"| `{name}` |" in (REFERENCE / "settings.md").read_text()


@pytest.mark.parametrize("name", [*JobEvent, DISABLED, PAUSED, RESUMED, TEST])
def test_every_event_of_the_platform_is_explained(name: str) -> None:
    assert f"| `{name}` |" in (REFERENCE / "events.md").read_text()


def test_the_acl_file_is_what_the_roles_need() -> None:
    file = REFERENCE.parents[1] / "deploy" / "redis" / "users.acl"
    assert file.read_text() == acl({role: f"<{role}>" for role in ("admin", *ROLES)})


@pytest.mark.parametrize("name", QUALIFIERS)
def test_every_word_of_the_search_is_explained(name: str) -> None:
    assert f"| `{name}` |" in (REFERENCE / "operating.md").read_text()


@pytest.mark.parametrize("role", Role)
def test_every_role_is_explained(role: Role) -> None:
    assert f"| `{role.group}` |" in (REFERENCE / "operating.md").read_text()


def test_every_folder_of_tests_is_run() -> None:
    folders = {file.parent.name for file in (REFERENCE.parents[1] / "tests").rglob("test_*.py")}
    told = (REFERENCE.parents[1] / "bin" / "test").read_text()
    assert [folder for folder in sorted(folders) if f" tests/{folder}" not in told.splitlines()[-1] and folder != "unit"] == []
