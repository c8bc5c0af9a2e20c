"""What a person or a program may do in stock: a customer sees their own, a clerk works with everyone's, a manager decides."""

from typing import Any

from django.http import HttpRequest

from jobs.core.errors import NotAllowed
from jobs.models.tenant import Scope

CLERK, MANAGER = "clerk", "manager"


def groups_of(user: Any) -> frozenset[str]:
    if user.is_superuser:
        return frozenset({CLERK, MANAGER})
    held = frozenset(user.groups.filter(name__in=[CLERK, MANAGER]).values_list("name", flat=True))
    return held | ({CLERK} if MANAGER in held else frozenset())


def of_request(request: HttpRequest) -> frozenset[str]:
    """A person's by their groups; a key's by its scopes: `submit` works like a clerk, `operate` like a manager."""
    if request.user.is_authenticated:
        return groups_of(request.user)
    scopes: frozenset[str] = getattr(request, "scopes", frozenset())
    return frozenset(({CLERK} if Scope.SUBMIT in scopes else set()) | ({CLERK, MANAGER} if Scope.OPERATE in scopes else set()))


def need(request: HttpRequest, role: str) -> None:
    """Raises NotAllowed where the role is missing."""
    if role not in of_request(request):
        raise NotAllowed(f"This is for the role {role!r}.")
