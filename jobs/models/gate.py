"""What operators have set at run time: limits and pauses. Redis acts on them; these rows bring them back when it has lost them."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.core.gates import Full


class Limit(models.Model):
    """A limit of the whole cluster. One that bears a declared limit's name takes the place of its numbers."""

    name = models.CharField(max_length=80, unique=True)
    concurrent = models.PositiveIntegerField(null=True, blank=True, help_text="At most so many at once; empty for no such limit.")
    rate = models.PositiveIntegerField(null=True, blank=True, help_text="At most so many starts per period; empty for no such limit.")
    per = models.DurationField(default=timedelta(seconds=1), help_text="The period of the rate.")
    burst = models.PositiveIntegerField(null=True, blank=True, help_text="How many may start at one moment after a quiet time.")
    by = models.CharField(max_length=100, default="type", help_text='"type", "tenant", "queue", or a path in the payload: "data.sku".')
    when_full = models.CharField(max_length=20, choices=[(f.value, f.value.replace("_", " ")) for f in Full], default=Full.WAIT.value)
    type = models.CharField(max_length=200, blank=True, default="", help_text="Which types; patterns like stock.* too. Empty: all.")
    tenant = models.CharField(max_length=40, blank=True, default="", help_text="Only this tenant's jobs.")
    queue = models.CharField(max_length=60, blank=True, default="", help_text="Only jobs of this queue.")
    tag = models.CharField(max_length=60, blank=True, default="", help_text="Only jobs with this tag.")
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(concurrent=None) | Q(concurrent__gte=1), name="a_limit_lets_one_run"),
            models.CheckConstraint(condition=Q(rate=None) | Q(rate__gte=1), name="a_rate_lets_one_start"),
        ]

    def __str__(self) -> str:
        return self.name


class Threshold(models.Model):
    """When the breaker of a dependency opens and for how long it rests, in place of the declared numbers."""

    name = models.CharField(max_length=80, unique=True)
    failures = models.PositiveIntegerField(help_text="It opens when at least so many calls have failed,")
    ratio = models.FloatField(help_text="and this share of them,")
    within = models.DurationField(help_text="within this period.")
    rest = models.DurationField(help_text="After this one job at a time tries whether it is back.")
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(failures__gte=1), name="a_breaker_hears_a_failure"),
            models.CheckConstraint(condition=Q(ratio__gt=0, ratio__lte=1), name="a_ratio_is_a_share"),
            models.CheckConstraint(condition=Q(within__gt=timedelta(0), rest__gt=timedelta(0)), name="breaker_periods_are_above_zero"),
        ]

    def __str__(self) -> str:
        return self.name


class Pause(models.Model):
    """Somebody has paused it, or opened a breaker by hand; the row goes when it goes on."""

    class Kind(models.TextChoices):
        QUEUE = "queue"
        TYPE = "type"
        TENANT = "tenant"
        TAG = "tag"
        BREAKER = "breaker"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200)
    by = models.CharField(max_length=150)
    why = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="paused_once"),
            models.CheckConstraint(condition=Q(kind__in=["queue", "type", "tenant", "tag", "breaker"]), name="what_can_be_paused"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
