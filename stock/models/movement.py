"""The ledger: what came, went and was corrected. Only ever added to; the database refuses to change or delete a line."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from stock.models.level import Location
from stock.models.product import Product


class Movement(models.Model):
    """So many units of a product into (or, negative, out of) a location. `reference` names the cause, once."""

    class Kind(models.TextChoices):
        RECEIVED = "received"
        SOLD = "sold"
        ADJUSTED = "adjusted"
        TRANSFERRED = "transferred"
        COUNTED = "counted"
        RETURNED = "returned"

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="movements")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    quantity = models.IntegerField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=120)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="a_movement_moves"),
            models.CheckConstraint(
                condition=Q(kind__in=["received", "sold", "adjusted", "transferred", "counted", "returned"]), name="movement_kind_is_a_kind"
            ),
            models.CheckConstraint(condition=~Q(kind="sold") | Q(quantity__lt=0), name="what_is_sold_goes_out"),
            models.UniqueConstraint(fields=["reference", "product", "location", "kind"], name="one_movement_per_cause"),
        ]
        indexes = [models.Index(fields=["product", "at"], name="movements_of_product")]

    def __str__(self) -> str:
        return f"{self.quantity:+} {self.kind}"
