"""A house, and the maps of its halls."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Venue(models.Model):
    tenant = models.ForeignKey("jobs.Tenant", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=80, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC", help_text="An IANA name, like Europe/Berlin.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="one_venue_per_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> tzinfo:
        """Whose clock is meant at the door; UTC where the name is no zone."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return UTC

    @property
    def whereabouts(self) -> str:
        return ", ".join(part for part in (self.name, self.address, self.city) if part)


class SeatMap(models.Model):
    """One version of a hall. Once a show uses it, it is frozen: a trigger refuses every change to its seats; edit a new version."""

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="maps")
    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    width = models.PositiveIntegerField(default=1000)
    height = models.PositiveIntegerField(default=1000)
    stage_x = models.FloatField(default=500, help_text="Where the eyes go: what a seat's penalty is measured from.")
    stage_y = models.FloatField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    frozen_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["venue", "name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["venue", "name", "version"], name="one_map_per_version"),
            models.CheckConstraint(condition=Q(version__gte=1), name="versions_count_from_1"),
            models.CheckConstraint(condition=Q(stage_x__lte=F("width"), stage_y__lte=F("height")), name="the_stage_is_on_the_map"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"
