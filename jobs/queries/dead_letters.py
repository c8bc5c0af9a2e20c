"""Reading dead letters."""

from jobs.core.errors import InvalidFilter, NotFound
from jobs.core.states import Reason
from jobs.models import DeadLetter, Tenant
from jobs.models.dead_letter import DeadLetterQuerySet

MOST = 100


def get(tenant: Tenant, number: int) -> DeadLetter:
    """One letter of the tenant; raises NotFound."""
    letter = DeadLetter.objects.of(tenant).select_related("tenant", "job").filter(pk=number).first()
    if letter is None:
        raise NotFound(f"There is no dead letter {number}.")
    return letter


def search(tenant: Tenant, *, reason: str = "", type: str = "", queue: str = "") -> DeadLetterQuerySet:
    """Letters of the tenant that match, the newest first; raises InvalidFilter."""
    if reason and reason not in set(Reason):
        raise InvalidFilter(f"There is no reason {reason!r}; there are {', '.join(Reason)}.")
    wanted = {"reason": reason, "type": type, "queue": queue}
    return DeadLetter.objects.of(tenant).filter(**{name: value for name, value in wanted.items() if value}).order_by("-pk")


def page(rows: DeadLetterQuerySet, after: int | None, limit: int) -> tuple[list[DeadLetter], int | None]:
    """Some letters, and the cursor of the next page."""
    limit = max(1, min(limit, MOST))
    found = list((rows.filter(pk__lt=after) if after else rows).select_related("tenant", "job")[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None
