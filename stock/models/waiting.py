"""Who waits for a product that could not be had."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from stock.models.product import Product


class WaitingCustomer(models.Model):
    """Asked to be told when there is some again; told once, and may ask anew."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "customer"], condition=Q(told_at=None), name="one_customer_waits_once_for_a_product")
        ]

    def __str__(self) -> str:
        return f"{self.customer} waits for {self.product}"
