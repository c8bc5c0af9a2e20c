"""How many jobs started and ended, by minute; written by the recorder with the rows it counts, and by reconciliation."""

from django.db import models
from django.db.models import F
from django.utils import timezone


class Tallies(models.Manager["Tally"]):
    def add(self, type: str, queue: str, what: str, count: int) -> None:
        """So many more in this minute."""
        minute = timezone.now().replace(second=0, microsecond=0)
        tally, _ = self.get_or_create(minute=minute, type=type, queue=queue, what=what, bucket=0)
        self.filter(pk=tally.pk).update(count=F("count") + count)


class Tally(models.Model):
    """`bucket` is the place of a duration in core.tally.BOUNDS: of the wait for `started`, of the run for `succeeded`; else 0."""

    minute = models.DateTimeField()
    type = models.CharField(max_length=200)
    queue = models.CharField(max_length=60)
    what = models.CharField(max_length=12)
    bucket = models.SmallIntegerField(default=0)
    count = models.BigIntegerField(default=0)
    grain = models.CharField(
        max_length=6, default="minute", db_default="minute", help_text="Folded into an hour or a day: services.history."
    )

    objects = Tallies()

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint(fields=["minute", "type", "queue", "what", "bucket"], name="one_tally_a_minute")]

    def __str__(self) -> str:
        return f"{self.minute:%H:%M} {self.type} {self.what}: {self.count}"
