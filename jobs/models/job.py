"""A job and its attempts.

The row is the truth about what was asked and how it ended; what is in flight, Redis knows. After submission a row changes
only by what the journal says (services.lifecycle), each entry once and in order: `position` is the last one applied.
"""

import uuid_utils.compat as uuid_utils
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from jobs.core.states import AttemptState, Reason, State
from jobs.core.trace_context import LONGEST, id_of
from jobs.models.tenant import Tenant


def choices(states: type[State] | type[AttemptState] | type[Reason]) -> list[tuple[str, str]]:
    return [(s.value, s.value.replace("_", " ")) for s in states]


class JobQuerySet(models.QuerySet["Job"]):
    def of(self, tenant: Tenant) -> "JobQuerySet":
        return self.filter(tenant=tenant)

    def open(self) -> "JobQuerySet":
        return self.exclude(state__in=[s for s in State if s.ended])


class Job(models.Model):
    """One piece of work. Ids are UUIDv7: they sort by time of submission."""

    id = models.UUIDField(primary_key=True, default=uuid_utils.uuid7, editable=False)
    # Indexes below begin with it, and each index is written at each change of state.
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="jobs", db_index=False)
    type = models.CharField(max_length=200)
    queue = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=choices(State), default=State.SUBMITTED)
    priority = models.SmallIntegerField(default=5)
    payload = models.JSONField(default=dict)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    key = models.CharField(max_length=200, null=True, blank=True, help_text="Idempotency key, unique per tenant and type.")
    attempt = models.SmallIntegerField(default=0, help_text="The attempt that runs or ran last; 0 before the first.")
    attempts = models.SmallIntegerField(default=3, help_text="How many tries it may have.")
    turn = models.IntegerField(default=1, help_text="Number of the message that stands for the job now.")
    rescues = models.SmallIntegerField(default=0, help_text="How often its worker died.")
    run_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    progress = models.JSONField(null=True, help_text="{done, total, message}")
    result = models.JSONField(null=True)
    error = models.JSONField(null=True, help_text="{type, message, traceback, reason}")
    worker = models.CharField(max_length=200, default="", blank=True)
    cancel_requested_at = models.DateTimeField(null=True)
    replay_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="replays")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    request_id = models.CharField(max_length=100, default="", blank=True)
    trace = models.CharField(
        max_length=LONGEST, default="", db_default="", blank=True, help_text="The span that submitted it: core.trace_context."
    )
    failure = models.CharField(
        max_length=16, default="", db_default="", blank=True, help_text="The group of its last failure: core.fingerprint."
    )
    plain = models.BooleanField(default=False, help_text="An ordinary Celery task, known from the journal alone.")
    position = models.CharField(max_length=40, default="", editable=False)
    # Of a job as it was read: Redis knew more of it than its row, and its timeline lags behind as well.
    provisional = False

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(priority__range=(0, 10)), name="priority_is_0_to_10"),
            models.CheckConstraint(condition=Q(attempts__gte=1), name="a_job_has_an_attempt"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in State]), name="state_is_a_state"),
            models.UniqueConstraint(fields=["tenant", "type", "key"], name="one_job_per_key"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="jobs_of_tenant"),
            models.Index(fields=["tenant", "type", "-id"], name="jobs_of_type"),
            models.Index(fields=["tenant", "state", "-id"], name="jobs_in_state"),
            models.Index(F("state"), F("run_at"), name="open_jobs", condition=~Q(state__in=["succeeded", "dead", "cancelled"])),
            models.Index(fields=["submitted_by", "-id"], name="jobs_of_user"),
            models.Index(fields=["failure", "-id"], name="jobs_of_failure", condition=~Q(failure="")),
            GinIndex(fields=["payload"], name="jobs_by_payload", opclasses=["jsonb_path_ops"]),
            GinIndex(fields=["tags"], name="jobs_by_tag"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    @property
    def trace_id(self) -> str:
        return id_of(self.trace)


class Attempt(models.Model):
    """One try at running a job."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="tries", db_index=False)
    number = models.SmallIntegerField()
    turn = models.IntegerField(default=1)
    state = models.CharField(max_length=10, choices=choices(AttemptState), default=AttemptState.RUNNING)
    worker = models.CharField(max_length=200, default="")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)

    class Meta:
        ordering = ["turn"]
        constraints = [models.UniqueConstraint(fields=["job", "turn"], name="one_attempt_per_turn")]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.job_id}"
