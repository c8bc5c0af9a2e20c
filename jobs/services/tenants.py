"""Tenants' keys: made, checked, revoked."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.core.errors import NotAuthenticated
from jobs.models import ApiKey, Tenant
from jobs.models.tenant import DEFAULT_TENANT
from jobs.services import audit

SIGN = "cvy_"
# Writing the last use at every request would make each read a write.
TOUCH = timedelta(minutes=1)


@transaction.atomic
def create_key(tenant: Tenant, name: str, scopes: Sequence[str], expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """A new key and its secret, which is shown this once and kept as a digest only."""
    secret = SIGN + secrets.token_urlsafe(32)
    prefix = secret[:12]
    row = ApiKey.objects.create(tenant=tenant, name=name, prefix=prefix, digest=digest(secret), scopes=list(scopes), expires_at=expires_at)
    audit.record("key.create", f"key:{prefix}", tenant=tenant, name=name, scopes=list(scopes))
    return row, secret


@transaction.atomic
def revoke(keys: QuerySet[ApiKey]) -> int:
    """The keys are of no use from now on; answers how many were before."""
    usable = list(keys.filter(revoked_at=None).select_related("tenant").select_for_update(of=("self",)))
    ApiKey.objects.filter(pk__in=[key.pk for key in usable]).update(revoked_at=timezone.now())
    for key in usable:
        audit.record("key.revoke", f"key:{key.prefix}", tenant=key.tenant, name=key.name)
    return len(usable)


def of_user(user: object) -> Tenant:
    """The tenant for which a user of the site acts."""
    return Tenant.objects.get(slug=DEFAULT_TENANT)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def key_of(secret: str) -> ApiKey:
    """The usable key with that secret; raises NotAuthenticated."""
    row = ApiKey.objects.usable().select_related("tenant").filter(digest=digest(secret)).first()
    if row is None:
        raise NotAuthenticated("The API key is unknown, expired or revoked.")
    now = timezone.now()
    if row.last_used_at is None or row.last_used_at < now - TOUCH:
        ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - TOUCH), pk=row.pk).update(last_used_at=now)
    return row
