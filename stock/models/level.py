"""How much of a product lies at a location, and how much of that is promised."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from stock.models.product import Product


class Location(models.Model):
    """A place; places may lie in places: a shelf in a room in a building."""

    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    pickup = models.BooleanField(default=False, help_text="Customers may collect there.")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_location_per_name"),
            models.CheckConstraint(condition=Q(parent=None) | ~Q(parent=F("id")), name="no_location_lies_in_itself"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        around = self.parent
        while around is not None:
            if around.pk == self.pk:
                raise ValidationError({"parent": f"{self.name} would lie in itself."})
            around = around.parent


class Level(models.Model):
    """`on_hand` is the sum of the movements here: the database adds each one as it is written. `reserved` is what active
    reservations hold. A product's levels are changed only by who has locked the product (services.levels.lock)."""

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
