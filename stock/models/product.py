"""What is sold."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from stock.models.supplier import Supplier
from stock.models.upload import storage


class Product(models.Model):
    """`low_since` is set while less than `low_at` is left, so that an alert is sent once for each crossing."""

    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    sku = models.CharField("SKU", max_length=60)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=10_000)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    image = models.ImageField(storage=storage, upload_to="products", blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    active = models.BooleanField(default=True, help_text="Whether it is for sale.")
    backorder = models.BooleanField(default=False, help_text="May be reserved beyond what is there; owed until it arrives.")
    supplier = models.ForeignKey(Supplier, null=True, blank=True, on_delete=models.SET_NULL, related_name="products")
    lead_days = models.PositiveSmallIntegerField(default=7, help_text="Days from an order to its arrival.")
    safety_stock = models.PositiveIntegerField(default=0, help_text="Units that should never be needed.")
    low_at = models.PositiveIntegerField(null=True, blank=True, help_text="An alert is sent when this many or fewer are left.")
    low_since = models.DateTimeField(null=True, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["sku"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "sku"], name="one_product_per_sku"),
            models.CheckConstraint(condition=Q(price__gte=0), name="price_is_not_negative"),
        ]
        indexes = [GinIndex(fields=["tags"], name="products_by_tag")]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"
