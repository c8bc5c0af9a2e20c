"""Who may do more than buy: those at the door check people in, those of the box office act for buyers and change what is sold."""

from typing import Any

from django.http import HttpRequest

from jobs.core.errors import NotAllowed
from jobs.models.tenant import Scope

DOOR, BOX_OFFICE = "door", "boxoffice"
SCOPES = {DOOR: Scope.CLERK, BOX_OFFICE: Scope.MANAGER}


def groups_of(user: Any) -> frozenset[str]:
    """The roles of a person."""
    if user.is_superuser:
        return frozenset({DOOR, BOX_OFFICE})
    held = frozenset(user.groups.filter(name__in=[DOOR, BOX_OFFICE]).values_list("name", flat=True))
    return _with_lesser(held)


def of_request(request: HttpRequest) -> frozenset[str]:
    """A person's by their groups; a key's by its scopes: `clerk` is the door, `manager` the box office."""
    if request.user.is_authenticated:
        return groups_of(request.user)
    scopes: frozenset[str] = getattr(request, "scopes", frozenset())
    return _with_lesser(frozenset(role for role, scope in SCOPES.items() if scope.value in scopes))


def need(request: HttpRequest, role: str) -> None:
    """Raises NotAllowed where the role is missing."""
    if role not in of_request(request):
        raise NotAllowed(f"This is for the role {role!r}.")


def _with_lesser(roles: frozenset[str]) -> frozenset[str]:
    """The box office may what the door may."""
    return roles | {DOOR} if BOX_OFFICE in roles else roles
