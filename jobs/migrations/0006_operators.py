"""Who may do what on the operators' pages. The staff of an older installation keep what they had."""

from typing import Any

from django.conf import settings
from django.db import migrations

GROUPS = ("ops viewer", "ops operator", "ops admin")


def make(apps: Any, schema_editor: Any) -> None:
    groups = {name: apps.get_model("auth", "Group").objects.get_or_create(name=name)[0] for name in GROUPS}
    app, _, model = settings.AUTH_USER_MODEL.partition(".")
    for user in apps.get_model(app, model).objects.filter(is_staff=True, is_superuser=False):
        user.groups.add(groups["ops operator"])


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0005_scopes_of_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
