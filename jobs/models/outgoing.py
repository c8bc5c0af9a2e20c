"""Events on their way from a transaction to the journal, and readers that remember their place."""

from django.db import models
from django.utils import timezone

from jobs.core.trace_context import LONGEST
from jobs.models.tenant import Tenant


class Outgoing(models.Model):
    """An event of a committed transaction that the archive may not have yet. Rows go to the journal in the order of their ids.

    `position` is the place that it got there, "" before. The row goes away when the archive has the event: Redis may lose it until then.
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    subject = models.CharField(max_length=200, default="", blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    trace = models.CharField(max_length=LONGEST, default="", db_default="", blank=True)
    position = models.CharField(max_length=40, default="", db_default="", blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["position", "id"], name="outgoing_by_place")]

    def __str__(self) -> str:
        return f"{self.name} {self.subject}"


class Subscriber(models.Model):
    """A named reader of a tenant's events. Its place moves when it has acknowledged what it was given."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="subscribers")
    name = models.CharField(max_length=100)
    position = models.CharField(max_length=40, default="0-0")
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="one_place_for_each_subscriber")]

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"
