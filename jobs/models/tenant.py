"""Tenants and their keys. A key is kept as a digest; the secret is shown once."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

DEFAULT_TENANT = "default"


class Tenant(models.Model):
    """An isolated customer of the platform."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    contact = models.EmailField(default="", blank=True, help_text="Who is told by mail when something of the tenant's needs a person.")
    weight = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(100)], help_text="Its share of the workers when several wait."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(weight__range=(1, 100)), name="weight_is_1_to_100")]

    def __str__(self) -> str:
        return self.name


class Scope(models.TextChoices):
    READ = "read", "Read jobs and events"
    SUBMIT = "submit", "Submit, cancel and retry jobs"
    OPERATE = "operate", "Dead letters, queues and workers"
    WEBHOOKS = "webhooks", "Webhooks: where events are sent, and what was sent"
    CLERK = "clerk", "In the applications: what a clerk does"
    MANAGER = "manager", "In the applications: what a manager does"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> "ApiKeyQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class ApiKey(models.Model):
    """`digest` is SHA-256 of the secret: the secret is 256 random bits, so a slow hash would add nothing."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12, editable=False, help_text="The first characters of the key, to know it by.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
