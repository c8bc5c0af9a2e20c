"""The group of those who look after a tenant's webhooks on the site (jobs.core.roles)."""

from typing import Any

from django.db import migrations


def make(apps: Any, schema_editor: Any) -> None:
    apps.get_model("auth", "Group").objects.get_or_create(name="webhooks")


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0020_events_until_archived"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
