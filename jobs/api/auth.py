"""Who asks: an API key, or the site's session."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from jobs.core.errors import NotAllowed
from jobs.models import Tenant
from jobs.models.tenant import Scope
from jobs.services import tenants


class Key(HttpBearer):
    """`Authorization: Bearer <api key>`; the request then belongs to the key's tenant."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        key = tenants.key_of(token)
        request.tenant, request.scopes = key.tenant, frozenset(key.scopes)  # type: ignore[attr-defined]
        return key


class Session(SessionAuth):
    """The signed-in user of the site, with CSRF."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        if not request.user.is_authenticated:
            return None
        request.tenant = tenants.of_user(request.user)  # type: ignore[attr-defined]
        operate = {Scope.OPERATE.value} if request.user.is_staff else set()
        request.scopes = {Scope.READ.value, Scope.SUBMIT.value} | operate  # type: ignore[attr-defined]
        return request.user


def require(request: HttpRequest, scope: Scope) -> Tenant:
    """The tenant of the request; raises NotAllowed without that scope."""
    if scope.value not in request.scopes:  # type: ignore[attr-defined]
        raise NotAllowed(f"This needs the scope {scope.value!r}.")
    return request.tenant  # type: ignore[attr-defined, no-any-return]
