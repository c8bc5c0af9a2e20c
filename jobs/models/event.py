"""The journal as PostgreSQL keeps it, and how far each projection of it has come."""

from django.db import models

from jobs.core.events import ACTED


class EventQuerySet(models.QuerySet["Event"]):
    def acts(self) -> "EventQuerySet":
        """What people did (services.audit), the newest first."""
        return self.filter(name=ACTED).order_by("-position")


class Event(models.Model):
    """One entry. `position` is its place in the journal: `milliseconds-sequence`, padded so that it sorts as text."""

    position = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=100)
    subject = models.CharField(max_length=200, default="")
    tenant = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        indexes = [
            models.Index(fields=["subject", "position"], name="events_of_subject"),
            models.Index(fields=["tenant", "position"], name="events_of_tenant"),
            models.Index(fields=["position"], name="acts", condition=models.Q(name=ACTED)),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject}"


class Projection(models.Model):
    """How far a reader of the journal has come. It moves in the transaction that writes what it read: exactly once in effect."""

    RECORDER = "recorder"

    name = models.CharField(max_length=60, primary_key=True)
    position = models.CharField(max_length=40, default="0-0")
    moved_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"
