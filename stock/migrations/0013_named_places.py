"""A reservation keeps whether a place was asked for. Of one that was made before it is not known: where customers may collect, they go
on being told to."""

from django.db import migrations, models

TOLD = """
UPDATE stock_reservationline l SET named = true FROM stock_location p WHERE p.id = l.location_id AND p.pickup;
"""


class Migration(migrations.Migration):
    dependencies = [("stock", "0012_pickup")]

    operations = [
        migrations.AddField(
            model_name="reservationline",
            name="named",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(TOLD, migrations.RunSQL.noop),
    ]
