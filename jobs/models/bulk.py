"""Something done to every job that a search found: who, to which, how far; kept as the record of it."""

import uuid_utils.compat as uuid_utils
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.models.job import Job
from jobs.models.tenant import Tenant

# The type of the jobs that do it; no operation touches them.
JOB_TYPE = "platform.bulk"


class Bulk(models.Model):
    """`until` is the newest job when it was asked for: what comes later is not touched. `place` is the last job looked at."""

    class Act(models.TextChoices):
        RETRY = "retry", "Retry"
        CANCEL = "cancel", "Cancel"
        DELETE = "delete", "Delete"
        REQUEUE = "requeue", "Requeue"
        REPRIORITISE = "reprioritise", "Reprioritise"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        ABORTED = "aborted", "aborted"
        UNDONE = "undone", "undone"

    id = models.UUIDField(primary_key=True, default=uuid_utils.uuid7, editable=False)
    act = models.CharField(max_length=12, choices=Act.choices)
    q = models.CharField(max_length=1000, blank=True)
    tenant = models.ForeignKey(
        Tenant, null=True, on_delete=models.CASCADE, related_name="+", help_text="Of this tenant's jobs; none: of all."
    )
    priority = models.SmallIntegerField(null=True, help_text="The new one, to reprioritise.")
    rate = models.IntegerField(default=500, help_text="Jobs a second, at most.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    total = models.IntegerField(help_text="How many jobs matched.")
    done = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    refusals = models.JSONField(default=dict, help_text="How many were refused for which reason.")
    until = models.UUIDField()
    place = models.UUIDField(null=True)
    undoes = models.OneToOneField("self", null=True, on_delete=models.SET_NULL, related_name="undone_by")
    by = models.CharField(max_length=150)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+", help_text="The job that does it.")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(act="reprioritise") & Q(priority__range=(0, 10))) | (~Q(act="reprioritise") & Q(priority=None)),
                name="a_priority_to_reprioritise",
            ),
            models.CheckConstraint(condition=Q(rate__range=(1, 5000)), name="a_pace_in_bounds"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.q or 'everything'}"

    @property
    def ended(self) -> bool:
        return self.state not in (self.State.WAITING, self.State.RUNNING)

    @property
    def looked_at(self) -> int:
        return self.done + self.refused

    @property
    def tag(self) -> str:
        """What the jobs that it made are tagged with."""
        return f"bulk:{self.pk}"
