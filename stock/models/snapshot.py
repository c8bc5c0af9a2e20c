"""What the stock was worth on a day: prices are not in the ledger, so it can't be told later."""

from django.db import models
from django.utils import timezone


class Snapshot(models.Model):
    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    units = models.BigIntegerField()
    reserved = models.BigIntegerField()
    value = models.DecimalField(max_digits=20, decimal_places=2, help_text="At selling prices.")
    cost = models.DecimalField(max_digits=24, decimal_places=6, default=0, help_text="What it cost.")
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="one_snapshot_per_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.value}"
