"""What people do about failures that are one and the same: resolve them, try one job again first."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.core.errors import InvalidState
from jobs.core.states import State
from jobs.models import Failure, Job, Tenant
from jobs.services import audit, submission


def resolve(failure: Failure, by: str) -> None:
    """It is mended; seen again, it comes back as a regression. Raises InvalidState."""
    changed = Failure.objects.filter(pk=failure.pk, resolved_at=None)
    if not changed.update(resolved_at=timezone.now(), resolved_by=by, regressed_at=None):
        raise InvalidState("It is resolved already.")
    audit.record("failure.resolve", f"failure:{failure.pk}", by=by)


def reopen(failure: Failure) -> None:
    """Raises InvalidState."""
    if not Failure.objects.filter(pk=failure.pk).exclude(resolved_at=None).update(resolved_at=None, resolved_by=""):
        raise InvalidState("It is not resolved.")
    audit.record("failure.reopen", f"failure:{failure.pk}")


@transaction.atomic
def send_canary(failure: Failure, tenant: Tenant | None = None, **origin: Any) -> Job:
    """Try one of its dead jobs again, the newest, to see whether the rest is worth it. Raises InvalidState, InvalidInput."""
    Failure.objects.select_for_update().get(pk=failure.pk)
    dead = Job.objects.filter(failure=failure.pk, state=State.DEAD, plain=False, replays=None).select_related("tenant")
    job = (dead.filter(tenant=tenant) if tenant else dead).order_by("-pk").first()
    if job is None:
        raise InvalidState("No dead job of it is left that has not been tried again.")
    made = submission.retry(job, **origin)
    Failure.objects.filter(pk=failure.pk).update(canary=made)
    audit.record("failure.canary", f"failure:{failure.pk}", job=str(made.pk))
    return made
