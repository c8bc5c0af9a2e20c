"""Seats kept for a buyer who makes up their mind."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from reservations.models.show import Show, Zone


class Hold(models.Model):
    """All of its seats or none. Active until confirmed, released, or past `expires_at`: whoever reads asks `live()`.

    The id is random: who knows it may confirm. `seat_ids` are kept after its end, for a confirmation that comes late.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        CONFIRMED = "confirmed"
        RELEASED = "released"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="holds", db_index=False)
    reference = models.CharField(max_length=120, help_text="The request that made it.")
    buyer = models.CharField(max_length=120, help_text="Whose limit counts: user:5, visitor:..., key:...")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    draft = models.BooleanField(default=False, help_text="Still being chosen: single seats are refused at its confirmation.")
    exchanges = models.ForeignKey(
        "Booking",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="The booking whose seats it is meant for.",
    )
    quoted = models.JSONField(
        default=dict, help_text="Prices of zones that have changed since, by id: what its buyer saw is what its buyer pays."
    )
    reservation = models.OneToOneField(
        "stock.Reservation", null=True, on_delete=models.PROTECT, related_name="+", help_text="What of stock goes with it."
    )
    seat_ids = ArrayField(models.BigIntegerField(), default=list)
    started_at = models.DateTimeField(default=timezone.now, help_text="The first click.")
    expires_at = models.DateTimeField()
    ceiling_at = models.DateTimeField(help_text="It is never prolonged past this.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(fields=["show", "reference"], name="one_hold_per_request"),
            models.CheckConstraint(condition=Q(expires_at__lte=F("ceiling_at")), name="a_hold_ends_at_its_ceiling"),
            models.CheckConstraint(condition=Q(state__in=["active", "confirmed", "released", "expired"]), name="hold_state_is_a_state"),
            models.CheckConstraint(
                condition=Q(state="active", ended_at=None) | (~Q(state="active") & Q(ended_at__isnull=False)),
                name="a_hold_that_ended_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["show", "buyer"], name="holds_of_buyer", condition=Q(state="active")),
            models.Index(fields=["expires_at"], name="holds_to_expire", condition=Q(state="active")),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"

    def price_of(self, zone: Zone) -> Decimal:
        """What a seat of the zone costs for who has this hold."""
        return Decimal(self.quoted.get(str(zone.pk), zone.price))

    def state_now(self) -> "Hold.State":
        """What it is at this moment, swept or not."""
        state = self.State(self.state)
        return self.State.EXPIRED if state == self.State.ACTIVE and self.expires_at <= timezone.now() else state
