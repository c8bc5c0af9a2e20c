"""How full the queues and how busy the workers were, looked at once a minute."""

from django.db import models


class Sample(models.Model):
    """`value` is the highest that was seen in that minute, hour or day (`grain`). `queue` is empty for what is of none."""

    minute = models.DateTimeField()
    what = models.CharField(max_length=12, help_text="depth, oldest (seconds), busy or slots")
    queue = models.CharField(max_length=60, default="", blank=True)
    value = models.FloatField()
    grain = models.CharField(max_length=6, default="minute", db_default="minute")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["minute", "what", "queue"], name="one_sample_a_minute")]

    def __str__(self) -> str:
        return f"{self.minute:%H:%M} {self.what} {self.queue}: {self.value:g}"
