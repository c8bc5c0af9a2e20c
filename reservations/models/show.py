"""A show on sale: what each of its seats costs, and who has it at this moment."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from reservations.models.seat import Area, Seat
from reservations.models.venue import SeatMap
from stock.models.reservation import currency

TIMES = ("doors_at", "starts_at", "ends_at", "on_sale_from", "on_sale_until", "cancel_until")
# Those that the clock of every house can still show.
YEARS = range(1900, 9000)
LONGEST = timedelta(days=1)


class ShowQuerySet(models.QuerySet["Show"]):
    def published(self) -> "ShowQuerySet":
        return self.exclude(state=Show.State.DRAFT)


class Show(models.Model):
    """`painting` counts the changes to zones: whoever keeps the hall in memory compares it."""

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        CANCELLED = "cancelled"

    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    map = models.ForeignKey(SeatMap, on_delete=models.PROTECT, related_name="shows")
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    doors_at = models.DateTimeField(null=True, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    on_sale_from = models.DateTimeField()
    on_sale_until = models.DateTimeField()
    currency = models.CharField(max_length=3, default=currency)
    limit_per_buyer = models.PositiveSmallIntegerField(default=10)
    hold_for = models.DurationField(default=timedelta(minutes=10), help_text="Each click prolongs a hold to this.")
    hold_ceiling = models.DurationField(default=timedelta(minutes=30), help_text="No hold lasts longer, from its first click.")
    offer_for = models.DurationField(
        default=timedelta(minutes=30), help_text="How long seats that came back are kept for a party of the waiting list."
    )
    no_single_seats = models.BooleanField(default=True, help_text="Refuse a choice that leaves a single seat where another does not.")
    cancel_until = models.DateTimeField(
        null=True, blank=True, help_text="Buyers may cancel and exchange until then; empty: until it starts."
    )
    waiting_room = models.BooleanField(default=False, help_text="Let buyers in at the pace at which they can be served.")
    painting = models.PositiveIntegerField(default=0, editable=False)

    objects = ShowQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["draft", "published", "cancelled"]), name="show_state_is_a_state"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_show_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(on_sale_until__gt=F("on_sale_from")), name="a_sale_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(limit_per_buyer__range=(1, 100)), name="a_buyer_may_have_1_to_100"),
            models.CheckConstraint(
                condition=Q(hold_for__gt=timedelta(0), hold_for__lte=F("hold_ceiling")), name="a_hold_fits_under_its_ceiling"
            ),
            models.CheckConstraint(condition=Q(offer_for__gt=timedelta(0)), name="an_offer_lasts"),
        ]
        indexes = [models.Index(fields=["tenant", "starts_at"], name="shows_by_time")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Says at its field what people write wrongly; the constraints keep the rest."""
        if wrong := dict(self._wrong()):
            raise ValidationError(wrong)

    def _wrong(self) -> Iterator[tuple[str, str]]:
        yield from self._wrong_times()
        for name in ("hold_for", "hold_ceiling", "offer_for"):
            if (lasts := getattr(self, name)) is not None and not timedelta(0) < lasts <= LONGEST:
                yield name, "Longer than nothing, and at most a day."
        if self.hold_for and self.hold_ceiling and self.hold_ceiling < self.hold_for:
            yield "hold_ceiling", "At least as long as a seat is held for."
        if self.limit_per_buyer is not None and not 1 <= self.limit_per_buyer <= 100:
            yield "limit_per_buyer", "1 to 100."
        for name in ("name", "description"):
            if "\0" in (getattr(self, name) or ""):
                yield name, "These words have a letter that is none."
        if not re.fullmatch("[A-Z]{3}", self.currency or ""):
            yield "currency", "A currency is like EUR."
        elif self.pk and self.currency != currency() and self.extras.filter(offered=True).exists():
            yield "currency", f"Extras of this show are sold in {currency()}, and a purchase has one currency."

    def _wrong_times(self) -> Iterator[tuple[str, str]]:
        at = {name: value for name in TIMES if (value := getattr(self, name))}
        for name, value in at.items():
            if value.year not in YEARS:
                yield name, "This is too far away."
        if self.doors_at and self.starts_at and self.doors_at > self.starts_at:
            yield "doors_at", "The doors open after it starts."
        for first, then, word in (("starts_at", "ends_at", "It ends"), ("on_sale_from", "on_sale_until", "The sale ends")):
            if first in at and then in at and at[then] <= at[first]:
                yield then, f"{word} before it starts."

    def on_sale(self, at: datetime | None = None) -> bool:
        return self.state == self.State.PUBLISHED and self.on_sale_from <= (at or timezone.now()) < self.on_sale_until

    @property
    def subject(self) -> str:
        """What its events are about."""
        return f"show:{self.pk}"


class Zone(models.Model):
    """Seats of one price."""

    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="zones")
    name = models.CharField(max_length=60)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    colour = models.CharField(max_length=7, default="#3366cc", help_text="#rrggbb")
    number = models.PositiveSmallIntegerField(default=0, help_text="The order in the legend; 0 is the best.")

    class Meta:
        ordering = ["show", "number", "id"]
        constraints = [
            models.UniqueConstraint(fields=["show", "name"], name="one_zone_per_name"),
            models.CheckConstraint(condition=Q(price__gte=0), name="a_zone_costs_nothing_or_more"),
            models.CheckConstraint(condition=Q(colour__regex=r"^#[0-9a-fA-F]{6}$"), name="colour_is_a_colour"),
        ]

    def __str__(self) -> str:
        return self.name


class ShowSeat(models.Model):
    """One seat, or one place to stand, of one show. Locked after its show, and in the order of ids.

    A hold is over at `held_until`, whether or not it was swept: free is FREE, or HELD until a time that has passed.
    No index on state or hold, so that an update stays within its page.
    """

    class State(models.TextChoices):
        FREE = "free"
        HELD = "held"
        BOOKED = "booked"
        BLOCKED = "blocked"

    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="seats", db_index=False)
    seat = models.ForeignKey(Seat, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    area = models.ForeignKey(Area, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField(null=True, help_text="Counts the places of an area.")
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="seats", db_index=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.FREE)
    hold = models.ForeignKey("Hold", null=True, on_delete=models.PROTECT, related_name="held", db_index=False)
    held_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it is blocked: house seat, broken, camera.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["show", "seat"], name="one_row_per_show_and_seat"),
            models.UniqueConstraint(fields=["show", "area", "number"], name="one_row_per_show_and_place"),
            models.CheckConstraint(condition=Q(state__in=["free", "held", "booked", "blocked"]), name="seat_state_is_a_state"),
            models.CheckConstraint(
                condition=Q(seat__isnull=False, area=None, number=None) | Q(seat=None, area__isnull=False, number__gte=1),
                name="a_seat_or_a_place_to_stand",
            ),
            models.CheckConstraint(
                condition=Q(state="held", hold__isnull=False, held_until__isnull=False)
                | (~Q(state="held") & Q(hold=None, held_until=None)),
                name="held_by_a_hold_or_by_none",
            ),
        ]
        indexes = [models.Index(fields=["show", "id"], name="seats_of_show")]

    def __str__(self) -> str:
        return f"seat {self.pk} of show {self.show_id}"
