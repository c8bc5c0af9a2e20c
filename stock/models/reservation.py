"""Units promised to someone for a while, and the requests that could not be met."""

import uuid_utils.compat as uuid_utils
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from stock.models.level import Location
from stock.models.product import Product


def currency() -> str:
    return str(settings.CURRENCY)


class Reservation(models.Model):
    """All its lines or none. Active until it is confirmed (sold), released, or its time is over: whoever reads asks
    `live()`, so a reservation is over at `expires_at` whether or not the sweeper has been there."""

    class State(models.TextChoices):
        ACTIVE = "active"
        CONFIRMED = "confirmed"
        RELEASED = "released"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid_utils.uuid7, editable=False)
    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    reference = models.CharField(max_length=120, help_text="The request that it answers.")
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="stock_reservations")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    currency = models.CharField(max_length=3, default=currency)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["reference", "tenant"], name="one_reservation_per_request"),
            models.CheckConstraint(
                condition=Q(state__in=["active", "confirmed", "released", "expired"]), name="reservation_state_is_a_state"
            ),
            models.CheckConstraint(
                condition=Q(state="active", ended_at=None) | (~Q(state="active") & Q(ended_at__isnull=False)), name="what_ended_has_an_end"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="reservations_to_expire", condition=Q(state="active")),
            models.Index(fields=["customer", "-id"], name="reservations_of_customer"),
        ]

    def __str__(self) -> str:
        return f"reservation {self.pk}"

    def state_now(self) -> "Reservation.State":
        """What it is at this moment, swept or not."""
        state = self.State(self.state)
        return self.State.EXPIRED if state == self.State.ACTIVE and self.expires_at <= timezone.now() else state


class ReservationLine(models.Model):
    """Units of a product at a location; without a location they are owed, and are given one when they arrive. `price` is what
    one cost the customer when it was reserved, whatever it costs later. `named`: the request asked for this place, so where
    customers may collect they do; what is sent lies there by chance."""

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, null=True, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=12, decimal_places=2)
    named = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_line_has_units"),
            models.CheckConstraint(condition=Q(price__gte=0), name="a_line_costs_nothing_or_more"),
            models.UniqueConstraint(
                fields=["reservation", "product", "location"], name="one_line_per_product_and_location", nulls_distinct=False
            ),
        ]
        indexes = [models.Index(fields=["product"], name="lines_owed", condition=Q(location=None))]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_id}"


class Refusal(models.Model):
    """One product that a request wanted and could not have: the answer to its repetition, and demand for replenishment."""

    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    reference = models.CharField(max_length=120)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="refusals")
    wanted = models.PositiveIntegerField()
    left = models.IntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["reference", "tenant", "product"], name="one_refusal_per_request_and_product")]
        indexes = [models.Index(fields=["product", "at"], name="refusals_of_product")]

    def __str__(self) -> str:
        return f"{self.wanted} wanted, {self.left} left"
