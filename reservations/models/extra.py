"""What is sold beside the seats: products of stock, like a programme or a place to park."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from reservations.models.booking import Booking
from reservations.models.hold import Hold
from reservations.models.show import Show


class Extra(models.Model):
    """A product that a show offers. It costs what stock says; how much is left stock knows too."""

    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="extras")
    product = models.ForeignKey("stock.Product", on_delete=models.PROTECT, related_name="+")
    most = models.PositiveSmallIntegerField(default=10, help_text="At most so many with one purchase.")
    offered = models.BooleanField(default=True, help_text="Whether it can be chosen; what is sold stays sold.")

    class Meta:
        ordering = ["show", "id"]
        constraints = [
            models.UniqueConstraint(fields=["show", "product"], name="one_extra_per_product"),
            models.CheckConstraint(condition=Q(most__range=(1, 100)), name="an_extra_is_1_to_100"),
        ]

    def __str__(self) -> str:
        return self.product.name


class ExtraLine(models.Model):
    """So many of an extra: with a hold while it runs, with the booking afterwards. Stock keeps them by the hold's reservation."""

    hold = models.ForeignKey(Hold, on_delete=models.CASCADE, related_name="extras")
    booking = models.ForeignKey(Booking, null=True, on_delete=models.PROTECT, related_name="extras")
    extra = models.ForeignKey(Extra, on_delete=models.PROTECT, related_name="lines")
    quantity = models.PositiveSmallIntegerField()
    price = models.DecimalField(max_digits=12, decimal_places=2, help_text="Of one, as it was when it was chosen.")
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["hold", "extra"]
        constraints = [
            models.UniqueConstraint(fields=["hold", "extra"], name="one_line_per_hold_and_extra"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="an_extra_line_has_units"),
            models.CheckConstraint(condition=Q(price__gte=0), name="an_extra_costs_nothing_or_more"),
            models.CheckConstraint(condition=Q(cancelled_at=None) | Q(booking__isnull=False), name="what_is_given_back_was_booked"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.extra_id}"

    @property
    def cost(self) -> Decimal:
        return self.quantity * self.price
