"""A level that did not equal the ledger when the audit looked."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from stock.models.level import Level


class Drift(models.Model):
    """Repaired by believing one of the two; what is reserved is counted anew in any case."""

    class Believed(models.TextChoices):
        """The ledger is only ever added to, and the database refuses to change it; a level is a figure derived from it. So where
        they differ, the level was written past the ledger, and the ledger is believed. Only when somebody has counted the shelf
        and found the level right is the ledger what is missing something: then a movement adds it."""

        LEDGER = "ledger"
        LEVEL = "level"

    level = models.ForeignKey(Level, on_delete=models.CASCADE, related_name="drifts")
    on_hand = models.IntegerField()
    ledger = models.BigIntegerField(help_text="The sum of the movements.")
    reserved = models.IntegerField()
    held = models.BigIntegerField(help_text="What active reservations hold.")
    found_at = models.DateTimeField(default=timezone.now)
    repaired_at = models.DateTimeField(null=True, editable=False)
    repaired_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    believed = models.CharField(max_length=6, choices=Believed.choices, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["level"], condition=models.Q(repaired_at=None), name="one_open_drift_per_level"),
        ]

    def __str__(self) -> str:
        return f"{self.level}: the ledger says {self.ledger}"
