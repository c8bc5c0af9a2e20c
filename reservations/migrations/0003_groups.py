"""Who may do more than buy: the people at the door, and those of the box office."""

from typing import Any

from django.db import migrations

GROUPS = ("door", "boxoffice")


def make(apps: Any, schema_editor: Any) -> None:
    for name in GROUPS:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("reservations", "0002_frozen_maps"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
