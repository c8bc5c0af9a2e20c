"""What a product's units cost: derived from the ledger by the database, as levels are."""

from django.db import models

from stock.core.costing import Position
from stock.models.product import Product


class Valuation(models.Model):
    """`units` and `value` are the sums of the movements; `average` is None until somebody has said what a unit cost."""

    product = models.OneToOneField(Product, primary_key=True, on_delete=models.CASCADE, related_name="valuation")
    units = models.BigIntegerField(default=0)
    value = models.DecimalField(max_digits=24, decimal_places=6, default=0)
    average = models.DecimalField(max_digits=16, decimal_places=6, null=True)

    def __str__(self) -> str:
        return f"{self.units} units for {self.value}"

    def position(self) -> Position:
        return Position(self.units, self.value, self.average)
