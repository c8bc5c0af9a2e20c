"""Counting what is really there."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from stock.models.level import Location
from stock.models.product import Product


class Stocktake(models.Model):
    """A count of a location. Applied, each difference is a movement."""

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

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["counting", "applied", "cancelled"]), name="stocktake_state_is_a_state"),
            models.UniqueConstraint(fields=["location"], condition=Q(state="counting"), name="one_count_at_a_time_per_location"),
        ]

    def __str__(self) -> str:
        return f"Stocktake {self.pk} of {self.location}"


class StocktakeLine(models.Model):
    """`expected` is what the books said when the count was applied."""

    stocktake = models.ForeignKey(Stocktake, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    counted = models.PositiveIntegerField()
    expected = models.IntegerField(null=True, editable=False)
    problem = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        ordering = ["product__sku"]
        constraints = [models.UniqueConstraint(fields=["stocktake", "product"], name="one_count_per_product")]

    def __str__(self) -> str:
        return f"{self.counted} counted"
