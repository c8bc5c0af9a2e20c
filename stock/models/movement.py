"""The ledger: what came, went and was corrected. Only ever added to; the database refuses to change or delete a line."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from stock.models.level import Location
from stock.models.product import Product


class Movement(models.Model):
    """So many units of a product into (or, negative, out of) a location; only a revaluation moves none, and happens nowhere.
    `reference` names the cause, once. `value` is the change of what the stock cost, so its sum up to a moment is what it was
    worth then; `unit_price` is what a unit was sold, or taken back, for."""

    class Kind(models.TextChoices):
        RECEIVED = "received"
        SOLD = "sold"
        ADJUSTED = "adjusted"
        TRANSFERRED = "transferred"
        COUNTED = "counted"
        RETURNED = "returned"
        REVALUED = "revalued"

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="movements")
    location = models.ForeignKey(Location, null=True, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    quantity = models.IntegerField()
    unit_cost = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    value = models.DecimalField(max_digits=24, decimal_places=6, default=0)
    unit_price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=120)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity=0, kind="revalued") | (~Q(quantity=0) & ~Q(kind="revalued")), name="a_movement_moves"
            ),
            models.CheckConstraint(
                condition=Q(location=None, kind="revalued") | (Q(location__isnull=False) & ~Q(kind="revalued")),
                name="what_moves_has_a_place",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["received", "sold", "adjusted", "transferred", "counted", "returned", "revalued"]),
                name="movement_kind_is_a_kind",
            ),
            models.CheckConstraint(condition=Q(unit_cost__isnull=False) | Q(value=0), name="what_has_no_cost_has_no_value"),
            models.CheckConstraint(condition=~Q(kind="sold") | Q(quantity__lt=0), name="what_is_sold_goes_out"),
            models.UniqueConstraint(
                fields=["reference", "product", "location", "kind"], name="one_movement_per_cause", nulls_distinct=False
            ),
        ]
        indexes = [models.Index(fields=["product", "at"], name="movements_of_product")]

    def __str__(self) -> str:
        return f"{self.quantity:+} {self.kind}"
