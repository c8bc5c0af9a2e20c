"""How much of a product lies at a location, and how much of that is promised."""

from django.db import models
from django.db.models import F, Q

from stock.models.product import Product


class Location(models.Model):
    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="one_location_per_name")]

    def __str__(self) -> str:
        return self.name


class Level(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="levels")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="levels")
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)

    class Meta:
        ordering = ["location__name"]
        constraints = [
            models.UniqueConstraint(fields=["product", "location"], name="one_level_per_product_and_location"),
            models.CheckConstraint(condition=Q(reserved__gte=0, reserved__lte=F("on_hand")), name="reserved_is_0_to_on_hand"),
        ]

    def __str__(self) -> str:
        return f"{self.product.sku} at {self.location}: {self.on_hand}"
