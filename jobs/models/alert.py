"""What raises an alert, and the alerts that were raised."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class AlertRule(models.Model):
    """`threshold` is a share of jobs, or seconds that the oldest has waited, by kind; nothing for a breaker. `queue`: only that
    one; empty: each."""

    class Kind(models.TextChoices):
        DEAD_RATE = "dead_rate", "Share of jobs that died"
        OLDEST_AGE = "oldest_age", "Age of the oldest job in a queue"
        NO_WORKER = "no_worker", "Jobs wait and no worker serves their queue"
        BREAKER_OPEN = "breaker_open", "A breaker is open"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    threshold = models.FloatField(default=0, help_text="A share, 0.2 for 20 %, of jobs that died; seconds for an age.")
    window = models.DurationField(default=timedelta(minutes=5), help_text="Over which the share is counted.")
    queue = models.CharField(max_length=60, blank=True, default="")
    emails = ArrayField(models.EmailField(), default=list, blank=True, help_text="Who is told by mail. The events alert.* tell webhooks.")
    digest = models.DurationField(default=timedelta(0), help_text="Mails come at most this often, with all that changed.")
    enabled = models.BooleanField(default=True)
    silenced_until = models.DateTimeField(null=True, blank=True)
    silenced_by = models.CharField(max_length=150, blank=True, default="")
    mailed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(threshold__gte=0), name="a_threshold_from_zero"),
            models.CheckConstraint(condition=~Q(kind="dead_rate") | Q(threshold__lte=1), name="a_share_up_to_one"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def silent(self) -> bool:
        return self.silenced_until is not None and self.silenced_until > timezone.now()


class Alert(models.Model):
    """One firing of a rule, from the minute in which it began to the one in which it was over. What was told, was told once."""

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="alerts")
    subject = models.CharField(max_length=200, help_text="The queue, the breaker, or `jobs`.")
    value = models.FloatField(default=0, help_text="The worst that was seen.")
    fired_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True, help_text="When the event alert.fired was published.")
    mailed_at = models.DateTimeField(null=True, help_text="When the mail of its beginning was written.")
    end_mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-fired_at"]
        constraints = [models.UniqueConstraint(fields=["rule", "subject"], condition=Q(resolved_at=None), name="one_alert_at_a_time")]
        indexes = [models.Index(fields=["-fired_at"], name="alerts_by_time")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}"
