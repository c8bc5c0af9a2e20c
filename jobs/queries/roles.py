"""Who may look, and who may act."""

from typing import Any

from jobs.core.roles import WEBHOOKS, Role
from jobs.models import Job


def role_of(user: Any) -> Role | None:
    """The role of one of the staff: by group, a viewer without one; of a superuser admin; None for everybody else."""
    if not (user.is_authenticated and user.is_active and user.is_staff):
        return None
    if user.is_superuser:
        return Role.ADMIN
    if not hasattr(user, "ops_role"):
        held = set(user.groups.filter(name__in=[role.group for role in Role]).values_list("name", flat=True))
        user.ops_role = max((role for role in Role if role.group in held), default=Role.VIEWER)
    return Role(user.ops_role)


def has(user: Any, role: Role) -> bool:
    held = role_of(user)
    return held is not None and held >= role


def may_open(user: Any, job: Job) -> bool:
    """May the user act on the job, and see what it carries? Their own, and an operator any."""
    return job.submitted_by_id == user.pk or has(user, Role.OPERATOR)


def looks_after_webhooks(user: Any) -> bool:
    """May the user make, change and read webhooks of their tenant?"""
    if not (user.is_authenticated and user.is_active):
        return False
    return has(user, Role.OPERATOR) or user.groups.filter(name=WEBHOOKS).exists()
