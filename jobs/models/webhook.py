"""Webhooks: an endpoint of a tenant's, its secrets, what is to be delivered to it, and every try.

An endpoint and all that happens at it is changed under the lock of its row (services.deliveries).
"""

from datetime import datetime

import uuid_utils.compat as uuid_utils
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.core.breaker import Circuit
from jobs.core.trace_context import LONGEST
from jobs.core.webhook_events import TEST
from jobs.models.job import Job
from jobs.models.tenant import Tenant


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def of(self, tenant: Tenant) -> "WebhookQuerySet":
        return self.filter(tenant=tenant)


class Webhook(models.Model):
    """An endpoint. `callback`: it stands for an origin to which jobs call back, and hears of nothing else."""

    class State(models.TextChoices):
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused"
        DISABLED = "disabled", "disabled"

    id = models.UUIDField(primary_key=True, default=uuid_utils.uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, default="", blank=True)
    patterns = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    ordered = models.BooleanField(default=False, help_text="One delivery at a time, in the order of the journal.")
    callback = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    why = models.CharField(max_length=300, default="", blank=True, help_text="Why it is paused or disabled.")
    since = models.CharField(max_length=40, default="", help_text="The place in the journal after which it hears.")
    failures = models.IntegerField(default=0, help_text="Failed tries in a row.")
    openings = models.IntegerField(default=0, help_text="How often in a row the breaker has opened.")
    open_until = models.DateTimeField(null=True, blank=True, help_text="Until then nothing is sent; after it one delivery, the canary.")
    canary = models.BigIntegerField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "url"], condition=Q(callback=True), name="one_callback_endpoint_for_an_origin"),
            models.CheckConstraint(condition=Q(state__in=["active", "paused", "disabled"]), name="webhook_state_is_a_state"),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def address(self) -> str:
        """The URL as others may hear it: without the query, which may hold a secret."""
        return self.url.partition("?")[0]

    @property
    def circuit(self) -> Circuit:
        return Circuit(self.failures, self.openings, self.open_until)

    @circuit.setter
    def circuit(self, circuit: Circuit) -> None:
        self.failures, self.openings, self.open_until = circuit.failures, circuit.openings, circuit.until

    def secrets_at(self, now: datetime) -> list[str]:
        """Those that count then, the newest first."""
        rows = self.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=now)).order_by("-pk")
        return list(rows.values_list("secret", flat=True))


class WebhookSecret(models.Model):
    """Kept as it is, for signing needs it; told once, to who made it. The last one does not expire."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="secrets")
    secret = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"secret of {self.created_at:%Y-%m-%d %H:%M}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def of(self, tenant: Tenant) -> "DeliveryQuerySet":
        return self.filter(webhook__tenant=tenant)

    def parked(self) -> "DeliveryQuerySet":
        """Those that wait for their time, for a place, or for their endpoint."""
        return self.filter(state=Delivery.State.PENDING, job=None)

    def in_flight(self) -> "DeliveryQuerySet":
        return self.filter(state=Delivery.State.PENDING, job__isnull=False)


class Delivery(models.Model):
    """One event for one endpoint. Ids follow the journal, so an ordered endpoint takes the lowest first.

    Pending without a job it is parked; with a job it is on its way. `body` is what is sent, byte by byte the same each time.
    """

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        SUCCEEDED = "succeeded", "succeeded"
        FAILED = "failed", "failed"

    id = models.BigAutoField(primary_key=True)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=60, help_text="The event's place in the journal; of a test, a number of its own.")
    name = models.CharField(max_length=100)
    subject = models.CharField(max_length=200, default="", blank=True)
    url = models.CharField(max_length=2000, default="", blank=True, help_text="Where it goes, if not to the endpoint's own URL.")
    body = models.TextField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    tries = models.IntegerField(default=0, help_text="Since it was made, or sent again by hand.")
    due_at = models.DateTimeField(default=timezone.now)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    trace = models.CharField(max_length=LONGEST, default="", db_default="", blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="one_delivery_of_an_event"),
            models.CheckConstraint(condition=Q(state__in=["pending", "succeeded", "failed"]), name="delivery_state_is_a_state"),
        ]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="deliveries_of_webhook"),
            models.Index(fields=["webhook", "id"], name="parked_deliveries", condition=Q(state="pending", job=None)),
            models.Index(fields=["webhook"], name="deliveries_in_flight", condition=Q(state="pending", job__isnull=False)),
            models.Index(fields=["finished_at"], name="deliveries_by_end", condition=~Q(state="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.event}"

    @property
    def message_id(self) -> str:
        """The same for each try: event and endpoint. What a receiver knows a repetition by."""
        return f"{self.event}_{self.webhook_id}"

    @property
    def is_test(self) -> bool:
        """A test goes once, whatever the state of its endpoint, and changes nothing in it."""
        return self.name == TEST

    @property
    def to(self) -> str:
        return self.url or self.webhook.url


class DeliveryAttempt(models.Model):
    """One request and what came of it: an answer, or why none."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(default=timezone.now)
    milliseconds = models.IntegerField()
    url = models.CharField(max_length=2000)
    request_headers = models.JSONField(default=dict)
    status = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=600, default="", blank=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(default="", blank=True)
    truncated = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.status or self.error}"

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Callback(models.Model):
    """That the end of a job is told to a URL."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, primary_key=True, related_name="callback")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="callbacks")
    url = models.CharField(max_length=2000)

    def __str__(self) -> str:
        return self.url
