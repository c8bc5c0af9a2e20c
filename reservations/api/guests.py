"""Who buys without an account, over HTTP: the visitor of the site, by the cookie that its pages give."""

from typing import Any

from django.http import HttpRequest
from ninja.security import APIKeyCookie

from jobs.api.auth import Key, Session
from jobs.models.tenant import Scope
from jobs.services import tenants
from reservations.queries import buyers


class Guest(APIKeyCookie):
    """A visitor with the cookie of the site, and CSRF; buys and looks at their own, nothing else."""

    param_name = buyers.COOKIE

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        visitor = buyers.visitor_of(request)
        if not visitor:
            return None
        request.tenant = tenants.of_user(request.user)  # type: ignore[attr-defined]
        request.scopes = frozenset({Scope.READ.value, Scope.SUBMIT.value})  # type: ignore[attr-defined]
        return visitor


BUYERS = [Key(), Session(), Guest()]
