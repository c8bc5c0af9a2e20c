"""Those who wait: for a seat to come back, and for their turn when a sale opens."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from reservations.core import pacing
from reservations.models.hold import Hold
from reservations.models.show import Show


class WaitingEntry(models.Model):
    """A party on the waiting list. Seats that come back are offered to the first whom they fit, as a hold."""

    class State(models.TextChoices):
        WAITING = "waiting"
        OFFERED = "offered"
        SERVED = "served"
        LEFT = "left"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="waiting")
    buyer = models.CharField(max_length=120)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254)
    size = models.PositiveSmallIntegerField()
    zones = ArrayField(models.BigIntegerField(), default=list, blank=True, help_text="Ids of zones; empty: any.")
    together = models.BooleanField(default=True, help_text="Side by side or not at all.")
    accessible = models.PositiveSmallIntegerField(default=0, help_text="How many of them use a wheelchair.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    joined_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(default=timezone.now, help_text="Orders the list: an offer that ran out puts its party at the end.")
    rests_until = models.DateTimeField(null=True, help_text="It is offered nothing before then.")
    offer = models.ForeignKey(Hold, null=True, on_delete=models.PROTECT, related_name="offered_to")
    offers = models.PositiveSmallIntegerField(default=0, help_text="How many were made and lapsed or stand.")

    class Meta:
        ordering = ["queued_at", "id"]
        verbose_name_plural = "waiting entries"
        constraints = [
            models.UniqueConstraint(
                fields=["show", "email"], condition=Q(state__in=["waiting", "offered"]), name="one_waiting_entry_per_address"
            ),
            models.CheckConstraint(condition=Q(state__in=["waiting", "offered", "served", "left"]), name="waiting_state_is_a_state"),
            models.CheckConstraint(condition=Q(size__range=(1, 20), accessible__lte=models.F("size")), name="a_party_is_1_to_20"),
            models.CheckConstraint(condition=~Q(state="offered") | Q(offer__isnull=False), name="an_offer_is_a_hold"),
        ]
        indexes = [models.Index(fields=["show", "queued_at"], name="the_waiting_list", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.name}, {self.size}"


class RoomPlace(models.Model):
    """A place in the waiting room of a sale. The key is in the visitor's cookie: a reload changes nothing.

    `turn` orders: 0 to 1 by lot for those who were early, then the seconds after the opening; the lower goes first.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="room")
    visitor = models.CharField(max_length=120)
    turn = models.FloatField()
    arrived_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    admitted_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True, help_text="How long the admission is good for.")

    class Meta:
        ordering = ["turn", "id"]
        constraints = [
            models.UniqueConstraint(fields=["show", "visitor"], name="one_place_per_visitor"),
            models.CheckConstraint(condition=Q(turn__gte=0), name="turns_count_from_0"),
            models.CheckConstraint(
                condition=Q(admitted_at=None, until=None) | Q(admitted_at__isnull=False, until__isnull=False),
                name="an_admission_has_an_end",
            ),
        ]
        indexes = [models.Index(fields=["show", "turn"], name="the_waiting_room", condition=Q(admitted_at=None))]

    def __str__(self) -> str:
        return f"place {self.pk}"


class RoomPace(models.Model):
    """How fast the waiting room of a show lets people in now; its row is the lock of who does so."""

    show = models.OneToOneField(Show, on_delete=models.CASCADE, related_name="pace")
    rate = models.FloatField(default=pacing.FIRST, help_text="People a second.")
    owed = models.FloatField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(rate__gt=0, owed__gte=0), name="a_pace_goes_forward")]

    def __str__(self) -> str:
        return f"{self.rate:.1f} a second"
