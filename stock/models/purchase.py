"""What was ordered from a supplier, and how much of it has come."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from stock.models.level import Location
from stock.models.product import Product
from stock.models.supplier import Supplier


class PurchaseOrder(models.Model):
    """draft -> ordered (sent to the supplier) -> received, when all of it has come; or cancelled: nothing more will come.
    What came before stays in the ledger."""

    class State(models.TextChoices):
        DRAFT = "draft"
        ORDERED = "ordered"
        RECEIVED = "received"
        CANCELLED = "cancelled"

    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    supplier = models.ForeignKey(Supplier, null=True, blank=True, on_delete=models.PROTECT, related_name="orders")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", help_text="Where it is to arrive.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    reference = models.CharField(max_length=120, help_text="The request that made it.")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ordered_at = models.DateTimeField(null=True, editable=False)
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    expected_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "reference"], name="one_purchase_order_per_request"),
            models.CheckConstraint(condition=Q(state__in=["draft", "ordered", "received", "cancelled"]), name="order_state_is_a_state"),
            models.CheckConstraint(
                condition=~Q(state__in=["ordered", "received"]) | Q(ordered_at__isnull=False), name="what_is_ordered_was_sent"
            ),
        ]

    def __str__(self) -> str:
        return f"Purchase order {self.pk}"


class PurchaseLine(models.Model):
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    unit_cost = models.DecimalField(max_digits=16, decimal_places=6, null=True, help_text="What the supplier asks for one.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="one_line_per_ordered_product"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="an_order_line_has_units"),
            models.CheckConstraint(condition=Q(unit_cost=None) | Q(unit_cost__gte=0), name="a_purchase_costs_nothing_or_more"),
        ]

    def __str__(self) -> str:
        return f"{self.received} of {self.quantity}"

    @property
    def due(self) -> int:
        """What is still to come; a supplier may also send too much."""
        return max(self.quantity - self.received, 0)
