"""A level that did not equal the ledger when the audit looked."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from stock.models.level import Level


class Drift(models.Model):
    """Repaired by a movement that brings the ledger to what is on hand, or by recounting what is reserved."""

    level = models.ForeignKey(Level, on_delete=models.CASCADE, related_name="drifts")
    on_hand = models.IntegerField()
    ledger = models.BigIntegerField(help_text="The sum of the movements.")
    reserved = models.IntegerField()
    held = models.BigIntegerField(help_text="What active reservations hold.")
    found_at = models.DateTimeField(default=timezone.now)
    repaired_at = models.DateTimeField(null=True, editable=False)
    repaired_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["level"], condition=models.Q(repaired_at=None), name="one_open_drift_per_level"),
        ]

    def __str__(self) -> str:
        return f"{self.level}: the ledger says {self.ledger}"
