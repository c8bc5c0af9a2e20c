"""What a show stands on can't change: the database refuses it. And room in each page for the updates of show seats."""

from django.db import migrations

FREEZE = """
CREATE FUNCTION reservations_refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched record;
    of_map bigint;
BEGIN
    touched := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    of_map := CASE TG_TABLE_NAME
        WHEN 'reservations_row' THEN (SELECT map_id FROM reservations_section WHERE id = (to_jsonb(touched)->>'section_id')::bigint)
        WHEN 'reservations_block' THEN (
            SELECT s.map_id FROM reservations_row r JOIN reservations_section s ON s.id = r.section_id
             WHERE r.id = (to_jsonb(touched)->>'row_id')::bigint)
        ELSE (to_jsonb(touched)->>'map_id')::bigint END;
    IF EXISTS (SELECT FROM reservations_seatmap WHERE id = of_map AND frozen_at IS NOT NULL) THEN
        RAISE EXCEPTION 'A show uses this seat map: it is frozen.' USING ERRCODE = 'check_violation', CONSTRAINT = 'a_used_map_is_frozen';
    END IF;
    RETURN touched;
END $$;
"""
TABLES = ("section", "row", "block", "seat", "area")
GUARD = "".join(
    f"CREATE TRIGGER a_used_map_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON reservations_{table}"
    " FOR EACH ROW EXECUTE FUNCTION reservations_refuse_frozen();"
    for table in TABLES
)
UNGUARD = "".join(f"DROP TRIGGER a_used_map_is_frozen ON reservations_{table};" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("reservations", "0001_seats_and_shows")]

    operations = [
        migrations.RunSQL(FREEZE, "DROP FUNCTION reservations_refuse_frozen;"),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(
            "ALTER TABLE reservations_showseat SET (fillfactor = 60)", "ALTER TABLE reservations_showseat RESET (fillfactor)"
        ),
    ]
