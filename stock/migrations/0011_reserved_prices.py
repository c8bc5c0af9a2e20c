"""A reservation keeps the prices of its moment. One that was made before has the price of today: another is not known."""

from django.db import migrations, models

import stock.models.reservation

PRICES = """
UPDATE stock_reservationline l SET price = p.price FROM stock_product p WHERE p.id = l.product_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("stock", "0010_costs")]

    operations = [
        migrations.AddField(
            model_name="reservation",
            name="currency",
            field=models.CharField(default=stock.models.reservation.currency, max_length=3),
        ),
        migrations.AddField(
            model_name="reservationline",
            name="price",
            field=models.DecimalField(decimal_places=2, max_digits=12, null=True),
        ),
        migrations.RunSQL(PRICES, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="reservationline",
            name="price",
            field=models.DecimalField(decimal_places=2, max_digits=12),
        ),
        migrations.AddConstraint(
            model_name="reservationline",
            constraint=models.CheckConstraint(condition=models.Q(("price__gte", 0)), name="a_line_costs_nothing_or_more"),
        ),
    ]
