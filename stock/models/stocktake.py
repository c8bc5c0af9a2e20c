"""Counting what is really there."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from stock.models.level import Location
from stock.models.product import Product


class Stocktake(models.Model):
    """A count of a location. Applied, each difference is a movement: `missing` says that what was not counted was not there."""

    class State(models.TextChoices):
        COUNTING = "counting"
        APPLIED = "applied"
        CANCELLED = "cancelled"

    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="stocktakes")
    state = models.CharField(max_length=10, choices=State.choices, default=State.COUNTING)
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    applied_at = models.DateTimeField(null=True, editable=False)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    missing = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["counting", "applied", "cancelled"]), name="stocktake_state_is_a_state"),
            models.UniqueConstraint(fields=["location"], condition=Q(state="counting"), name="one_count_at_a_time_per_location"),
        ]

    def __str__(self) -> str:
        return f"Stocktake {self.pk} of {self.location}"


class StocktakeLine(models.Model):
    """`expected` is what the books said when it was counted; until then, when the stocktake began. So what moves after the
    count changes nothing of its difference. `scan` is the last one that was added, so that it is added once."""

    stocktake = models.ForeignKey(Stocktake, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    expected = models.IntegerField(default=0, editable=False)
    counted = models.PositiveIntegerField(null=True)
    counted_at = models.DateTimeField(null=True, editable=False)
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    scan = models.CharField(max_length=100, blank=True, editable=False)
    problem = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        ordering = ["product__sku"]
        constraints = [models.UniqueConstraint(fields=["stocktake", "product"], name="one_count_per_product")]

    def __str__(self) -> str:
        return f"{self.counted} counted"

    @property
    def difference(self) -> int | None:
        return None if self.counted is None else self.counted - self.expected
