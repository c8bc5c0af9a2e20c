"""What a person or a program may do in stock: a customer sees their own, a clerk works with everyone's, a manager decides."""

from typing import Any

from django.http import HttpRequest

from jobs.core.errors import NotAllowed
from jobs.models.tenant import Scope

CLERK, MANAGER = Scope.CLERK.value, Scope.MANAGER.value


def groups_of(user: Any) -> frozenset[str]:
    if user.is_superuser:
        return frozenset({CLERK, MANAGER})
    held = frozenset(user.groups.filter(name__in=[CLERK, MANAGER]).values_list("name", flat=True))
    return _with_lesser(held)


def of_request(request: HttpRequest) -> frozenset[str]:
    """A person's by their groups; a key's by its scopes `clerk` and `manager`: without them it is a customer."""
    if request.user.is_authenticated:
        return groups_of(request.user)
    return _with_lesser(frozenset({CLERK, MANAGER}) & getattr(request, "scopes", frozenset()))


def sees_costs(request: HttpRequest) -> bool:
    """What things cost, and what is earned by them, is for managers."""
    return MANAGER in of_request(request)


def need(request: HttpRequest, role: str) -> None:
    """Raises NotAllowed where the role is missing."""
    if role not in of_request(request):
        raise NotAllowed(f"This is for the role {role!r}.")


def _with_lesser(roles: frozenset[str]) -> frozenset[str]:
    """A manager may do what a clerk may."""
    return roles | {CLERK} if MANAGER in roles else roles
