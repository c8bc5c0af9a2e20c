"""What should be ordered, as the last look at demand says."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from stock.models.product import Product
from stock.models.purchase import PurchaseOrder


class Proposal(models.Model):
    """`run` is the look that made it: each replaces the one before. `order` is what it was turned into."""

    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    run = models.CharField(max_length=120)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    position = models.IntegerField(help_text="Available and on order, less what is owed.")
    reorder_point = models.PositiveIntegerField()
    safety = models.PositiveIntegerField()
    sold = models.PositiveIntegerField(help_text="Units sold in the days that were looked at.")
    refused = models.PositiveIntegerField(help_text="Units wanted and refused in these days.")
    days = models.PositiveSmallIntegerField()
    order = models.ForeignKey(PurchaseOrder, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["product__supplier__name", "product__sku"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "product"], name="one_proposal_per_product"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_proposal_proposes"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product}"
