"""Tenants' keys: made, checked, revoked."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from jobs.core.errors import NotAuthenticated
from jobs.models import ApiKey, Tenant
from jobs.models.tenant import DEFAULT_TENANT

SIGN = "cvy_"
# Writing the last use at every request would make each read a write.
TOUCH = timedelta(minutes=1)


def create_key(tenant: Tenant, name: str, scopes: Sequence[str]) -> tuple[ApiKey, str]:
    """A new key and its secret, which is shown this once and kept as a digest only."""
    secret = SIGN + secrets.token_urlsafe(32)
    row = ApiKey.objects.create(tenant=tenant, name=name, prefix=secret[:12], digest=digest(secret), scopes=list(scopes))
    return row, secret


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
    ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - TOUCH), pk=row.pk).update(last_used_at=now)
    return row
