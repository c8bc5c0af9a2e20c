from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0019_quicker_digest"),
    ]

    operations = [
        migrations.AddField(
            model_name="outgoing",
            name="position",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddIndex(
            model_name="outgoing",
            index=models.Index(fields=["position", "id"], name="outgoing_by_place"),
        ),
    ]
