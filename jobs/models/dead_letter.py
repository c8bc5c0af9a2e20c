"""A job, or a bare message, that will not be tried again: its original message and the reason."""

from django.db import models
from django.utils import timezone

from jobs.core.states import Reason
from jobs.models.job import Job, choices
from jobs.models.tenant import Tenant


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    def of(self, tenant: Tenant) -> "DeadLetterQuerySet":
        return self.filter(tenant=tenant)


class DeadLetter(models.Model):
    """`reference` is made by who sends the letter, so that one delivered twice is kept once."""

    reference = models.CharField(max_length=200, unique=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="dead_letters")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="dead_letters")
    type = models.CharField(max_length=200, default="", blank=True)
    queue = models.CharField(max_length=60, default="", blank=True)
    reason = models.CharField(max_length=20, choices=choices(Reason))
    payload = models.JSONField(null=True)
    message = models.JSONField(help_text="The message as it was on the broker.")
    error = models.JSONField(null=True, help_text="{type, message, traceback}")
    history = models.JSONField(default=list, help_text="Its attempts: [{number, error, at}]")
    died_at = models.DateTimeField(default=timezone.now)
    replayed_at = models.DateTimeField(null=True, blank=True)
    replayed_as = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(reason__in=[r.value for r in Reason]), name="reason_is_a_reason"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="letters_of_tenant"),
            models.Index(fields=["tenant", "reason", "-id"], name="letters_by_reason"),
            models.Index(fields=["tenant", "type", "-id"], name="letters_of_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type or 'message'}: {self.reason}"
