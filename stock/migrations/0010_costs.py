"""What things cost: each movement says by how much the value changed, and the database keeps each product's average of it.

Nobody has said what the units cost that are there already: they are worth nothing until somebody does (a receipt, an import, a
revaluation), and the ledger stays as it was written."""

import django.db.models.deletion
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

COUNTS = """
CREATE OR REPLACE FUNCTION stock_movement_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM stock_product WHERE id IN (SELECT product_id FROM added) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO stock_level (product_id, location_id, on_hand, reserved)
        SELECT DISTINCT a.product_id, a.location_id, 0, 0 FROM added a
        WHERE a.location_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM stock_level l WHERE l.product_id = a.product_id AND l.location_id = a.location_id)
        ON CONFLICT DO NOTHING;
    UPDATE stock_level l SET on_hand = l.on_hand + a.units
        FROM (SELECT product_id, location_id, sum(quantity) AS units FROM added GROUP BY 1, 2) a
        WHERE l.product_id = a.product_id AND l.location_id = a.location_id;
    INSERT INTO stock_valuation (product_id, units, value) SELECT DISTINCT product_id, 0, 0 FROM added ON CONFLICT DO NOTHING;
    -- What goes or comes at the average leaves it as it is.
    UPDATE stock_valuation v SET
            units = v.units + a.units,
            value = v.value + a.value,
            average = CASE WHEN a.last IS NULL OR (a.least = v.average AND a.most = v.average) THEN v.average
                           WHEN v.units + a.units > 0 THEN round((v.value + a.value) / (v.units + a.units), 6)
                           ELSE a.last END
        FROM (SELECT product_id, sum(quantity) AS units, sum(value) AS value, min(unit_cost) AS least, max(unit_cost) AS most,
                     (array_agg(unit_cost ORDER BY id DESC) FILTER (WHERE unit_cost IS NOT NULL))[1] AS last
              FROM added GROUP BY 1) a
        WHERE v.product_id = a.product_id;
    RETURN NULL;
END $$;
"""
OPENING = """
INSERT INTO stock_valuation (product_id, units, value) SELECT product_id, sum(quantity), 0 FROM stock_movement GROUP BY 1;
"""
# Without costs a revaluation says nothing, and the ledger as it was has no room for what moves no units: they go with the costs.
BEFORE = """
ALTER TABLE stock_movement DISABLE TRIGGER the_ledger_is_final;
DELETE FROM stock_movement WHERE kind = 'revalued';
ALTER TABLE stock_movement ENABLE TRIGGER the_ledger_is_final;
CREATE OR REPLACE FUNCTION stock_movement_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM stock_product WHERE id IN (SELECT product_id FROM added) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO stock_level (product_id, location_id, on_hand, reserved)
        SELECT DISTINCT a.product_id, a.location_id, 0, 0 FROM added a
        WHERE NOT EXISTS (SELECT 1 FROM stock_level l WHERE l.product_id = a.product_id AND l.location_id = a.location_id)
        ON CONFLICT DO NOTHING;
    UPDATE stock_level l SET on_hand = l.on_hand + a.units
        FROM (SELECT product_id, location_id, sum(quantity) AS units FROM added GROUP BY 1, 2) a
        WHERE l.product_id = a.product_id AND l.location_id = a.location_id;
    RETURN NULL;
END $$;
"""
# What tells what things cost is for managers alone.
TELL_COSTS = ("view_valuation",)


def give_permissions(apps, schema_editor):
    """Also for the tables that have come since the roles were made."""
    app = apps.get_app_config("stock")
    app.models_module = True
    create_permissions(app, apps=apps, verbosity=0)
    app.models_module = None
    group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    ours = permission.objects.filter(content_type__app_label="stock")
    group.objects.get_or_create(name="manager")[0].permissions.add(*ours)
    clerks = group.objects.get_or_create(name="clerk")[0].permissions
    clerks.add(*ours.filter(codename__startswith="view_").exclude(codename__in=TELL_COSTS))
    clerks.remove(*ours.filter(codename__in=TELL_COSTS))


class Migration(migrations.Migration):
    dependencies = [
        ("stock", "0009_snapshots"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Valuation",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="valuation",
                        serialize=False,
                        to="stock.product",
                    ),
                ),
                ("units", models.BigIntegerField(default=0)),
                ("value", models.DecimalField(decimal_places=6, default=0, max_digits=24)),
                ("average", models.DecimalField(decimal_places=6, max_digits=16, null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="movement",
            name="a_movement_moves",
        ),
        migrations.RemoveConstraint(
            model_name="movement",
            name="one_movement_per_cause",
        ),
        migrations.RemoveConstraint(
            model_name="movement",
            name="movement_kind_is_a_kind",
        ),
        migrations.AddField(
            model_name="document",
            name="for_managers",
            field=models.BooleanField(default=False, help_text="It tells what things cost."),
        ),
        migrations.AddField(
            model_name="movement",
            name="unit_cost",
            field=models.DecimalField(decimal_places=6, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name="movement",
            name="unit_price",
            field=models.DecimalField(decimal_places=2, max_digits=12, null=True),
        ),
        migrations.AddField(
            model_name="movement",
            name="value",
            field=models.DecimalField(decimal_places=6, default=0, max_digits=24),
        ),
        migrations.AddField(
            model_name="purchaseline",
            name="unit_cost",
            field=models.DecimalField(decimal_places=6, help_text="What the supplier asks for one.", max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name="snapshot",
            name="cost",
            field=models.DecimalField(decimal_places=6, default=0, help_text="What it cost.", max_digits=24),
        ),
        migrations.AlterField(
            model_name="movement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("received", "Received"),
                    ("sold", "Sold"),
                    ("adjusted", "Adjusted"),
                    ("transferred", "Transferred"),
                    ("counted", "Counted"),
                    ("returned", "Returned"),
                    ("revalued", "Revalued"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="movement",
            name="location",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="movements", to="stock.location"),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "revalued"), ("quantity", 0)),
                    models.Q(models.Q(("quantity", 0), _negated=True), models.Q(("kind", "revalued"), _negated=True)),
                    _connector="OR",
                ),
                name="a_movement_moves",
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "revalued"), ("location", None)),
                    models.Q(("location__isnull", False), models.Q(("kind", "revalued"), _negated=True)),
                    _connector="OR",
                ),
                name="what_moves_has_a_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["received", "sold", "adjusted", "transferred", "counted", "returned", "revalued"])),
                name="movement_kind_is_a_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(("unit_cost__isnull", False), ("value", 0), _connector="OR"), name="what_has_no_cost_has_no_value"
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.UniqueConstraint(
                fields=("reference", "product", "location", "kind"), name="one_movement_per_cause", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseline",
            constraint=models.CheckConstraint(
                condition=models.Q(("unit_cost", None), ("unit_cost__gte", 0), _connector="OR"), name="a_purchase_costs_nothing_or_more"
            ),
        ),
        migrations.RunSQL(COUNTS + OPENING, BEFORE),
        migrations.RunPython(give_permissions, migrations.RunPython.noop),
    ]
