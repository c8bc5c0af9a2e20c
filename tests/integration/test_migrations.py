"""The tables are as the models say."""

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

OURS = [app.label for app in apps.get_app_configs() if app.path.startswith(str(settings.ROOT)) and ".venv" not in app.path]


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    assert {"jobs", "stock"} <= set(OURS)
    call_command("makemigrations", *OURS, check_changes=True, dry_run=True, verbosity=0)


def test_django_finds_nothing_wrong_with_the_project() -> None:
    call_command("check")
