"""What the database keeps by itself: the ledger is final, and each movement counts at its level the moment it is written."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

# What lay there before there was a ledger is its first line; the triggers come after, so it is not counted twice.
OPENING = """
INSERT INTO stock_movement (product_id, location_id, kind, quantity, at, why, reference)
SELECT product_id, location_id, 'adjusted', on_hand, now(), 'Opening balance', 'opening' FROM stock_level WHERE on_hand <> 0;
"""

FINAL = """
CREATE FUNCTION stock_ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger is only ever added to: correct it by another movement.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER the_ledger_is_final BEFORE UPDATE OR DELETE ON stock_movement FOR EACH STATEMENT EXECUTE FUNCTION stock_ledger_is_final();
"""

# Locks products in the order in which everyone does (services.levels.lock), so that movements never wait in a ring.
COUNTS = """
CREATE FUNCTION stock_movement_counts() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER a_movement_counts AFTER INSERT ON stock_movement REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION stock_movement_counts();
"""

UNDO = """
DROP TRIGGER a_movement_counts ON stock_movement;
DROP TRIGGER the_ledger_is_final ON stock_movement;
DROP FUNCTION stock_movement_counts();
DROP FUNCTION stock_ledger_is_final();
"""


def make_roles(apps, schema_editor):
    """`clerk` looks, `manager` may do everything in the admin; both work on the staff pages."""
    app = apps.get_app_config("stock")
    app.models_module = True
    create_permissions(app, apps=apps, verbosity=0)
    app.models_module = None
    group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    ours = permission.objects.filter(content_type__app_label="stock")
    group.objects.get_or_create(name="clerk")[0].permissions.add(*ours.filter(codename__startswith="view_"))
    group.objects.get_or_create(name="manager")[0].permissions.add(*ours)


class Migration(migrations.Migration):
    dependencies = [("stock", "0002_the_ledger_and_reservations"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.RunSQL(OPENING + FINAL + COUNTS, UNDO),
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
