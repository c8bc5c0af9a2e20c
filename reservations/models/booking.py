"""What was sold, and who came."""

import uuid
from decimal import Decimal

import uuid_utils.compat as uuid_utils
from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Lower
from django.utils import timezone

from reservations.core import ticket_code
from reservations.models.hold import Hold
from reservations.models.show import Show, ShowSeat


class Booking(models.Model):
    """One purchase. An exchange keeps it and replaces tickets."""

    class State(models.TextChoices):
        CONFIRMED = "confirmed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid_utils.uuid7, editable=False)
    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    show = models.ForeignKey(Show, on_delete=models.PROTECT, related_name="bookings")
    number = models.CharField(max_length=12, help_text="What people say at the counter, like KXT-4F7Q.")
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="booking")
    buyer = models.CharField(max_length=120)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="bookings")
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CONFIRMED)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    revision = models.PositiveSmallIntegerField(default=1, help_text="Counts the changes: tickets made for an older one are void.")
    times_told = models.JSONField(null=True, help_text="The times that its buyer knows, while a mail with others is on its way.")
    booked_at = models.DateTimeField(default=timezone.now)
    cancelled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was cancelled.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="one_booking_per_number"),
            models.CheckConstraint(condition=Q(state__in=["confirmed", "cancelled"]), name="booking_state_is_a_state"),
            models.CheckConstraint(condition=Q(total__gte=0), name="a_booking_costs_nothing_or_more"),
            models.CheckConstraint(
                condition=Q(state="confirmed", cancelled_at=None) | Q(state="cancelled", cancelled_at__isnull=False),
                name="cancelled_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["show", "buyer"], name="bookings_of_buyer"),
            models.Index(fields=["show", "booked_at"], name="bookings_of_show"),
            models.Index(F("show"), Lower("email"), name="bookings_with_address"),
        ]

    def __str__(self) -> str:
        return self.number

    def total_now(self) -> Decimal:
        """What its valid tickets and its extras cost."""
        tickets = self.tickets.filter(cancelled_at=None).aggregate(sum=Sum("price"))["sum"] or Decimal(0)
        extras = self.extras.filter(cancelled_at=None).aggregate(sum=Sum(F("quantity") * F("price")))["sum"] or Decimal(0)
        return Decimal(tickets + extras)

    def seats_now(self) -> list[int]:
        """Ids of the show seats that it has valid tickets for."""
        return list(self.tickets.filter(cancelled_at=None).values_list("show_seat_id", flat=True))


class Ticket(models.Model):
    """The right to one seat. A seat has at most one valid ticket: the database keeps it."""

    id = models.UUIDField(primary_key=True, default=uuid_utils.uuid7, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="tickets")
    show_seat = models.ForeignKey(ShowSeat, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    issued_at = models.DateTimeField(default=timezone.now)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["booking", "show_seat"]
        constraints = [
            models.UniqueConstraint(fields=["show_seat"], condition=Q(cancelled_at=None), name="a_seat_is_sold_once"),
            models.CheckConstraint(condition=Q(price__gte=0), name="a_ticket_costs_nothing_or_more"),
        ]

    def __str__(self) -> str:
        return f"ticket {self.pk}"

    @property
    def short(self) -> str:
        """What is typed at the door where the picture can't be read."""
        return ticket_code.short(self.pk)


class DoubleEntry(models.Model):
    """Someone was let in by a door without a network with a ticket that another had used: found when it was told."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="doubles")
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    reference = models.CharField(max_length=60)
    door = models.CharField(max_length=60, blank=True)
    void = models.BooleanField(default=False, help_text="The ticket was void, not used.")

    class Meta:
        ordering = ["-received_at"]
        verbose_name_plural = "double entries"
        constraints = [models.UniqueConstraint(fields=["ticket", "reference"], name="one_double_per_reference")]

    def __str__(self) -> str:
        return f"second entry with {self.ticket_id}"


class Entry(models.Model):
    """Someone came in with a ticket; nobody else does with the same."""

    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, related_name="entry")
    at = models.DateTimeField(default=timezone.now, help_text="By the clock of the door, which may have been offline.")
    received_at = models.DateTimeField(default=timezone.now)
    reference = models.CharField(max_length=60, default=uuid.uuid4, help_text="The door's own: sent again with it, it is the same entry.")
    door = models.CharField(max_length=60, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-received_at"]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"entry with {self.ticket_id}"
