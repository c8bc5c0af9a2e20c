"""Who asks: an API key, or the site's session."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from jobs.core.errors import NotAllowed
from jobs.core.roles import Role
from jobs.infra.stream import in_thread
from jobs.models import Tenant
from jobs.models.tenant import Scope
from jobs.queries.roles import has
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
        request.scopes = _scopes_of(request.user)  # type: ignore[attr-defined]
        return request.user


def _scopes_of(user: Any) -> frozenset[str]:
    operate = {Scope.OPERATE.value, Scope.WEBHOOKS.value} if has(user, Role.OPERATOR) else set()
    return frozenset({Scope.READ.value, Scope.SUBMIT.value, *operate})


def person_of(request: HttpRequest) -> Any:
    """The signed-in user; None for an API key."""
    return request.user if request.user.is_authenticated else None


def who(request: HttpRequest) -> str:
    """The name of who asks, for the record."""
    return request.user.get_username() if request.user.is_authenticated else f"key {request.auth.prefix}"  # type: ignore[attr-defined]


def require(request: HttpRequest, scope: Scope) -> Tenant:
    """The tenant of the request; raises NotAllowed without that scope."""
    if scope.value not in request.scopes:  # type: ignore[attr-defined]
        raise NotAllowed(f"This needs the scope {scope.value!r}.")
    return request.tenant  # type: ignore[attr-defined, no-any-return]


class AsyncKey(Key):
    """The same for an operation that runs in the event loop."""

    async def authenticate(self, request: HttpRequest, token: str) -> Any:
        key = await in_thread(tenants.key_of)(token)
        request.tenant, request.scopes = key.tenant, frozenset({"key", *key.scopes})  # type: ignore[attr-defined]
        return key


class AsyncSession(Session):
    async def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = await request.auser()
        if not user.is_authenticated:
            return None
        request.tenant = await in_thread(tenants.of_user)(user)  # type: ignore[attr-defined]
        request.scopes = await in_thread(_scopes_of)(user)  # type: ignore[attr-defined]
        return user


class AsyncAnyone:
    """Who has neither: a visitor of the site, who may hear what is public."""

    is_async = True

    async def __call__(self, request: HttpRequest) -> Any:
        if request.headers.get("Authorization"):
            return None
        request.tenant = await in_thread(tenants.of_user)(None)  # type: ignore[attr-defined]
        request.scopes = frozenset[str]()  # type: ignore[attr-defined]
        return True
