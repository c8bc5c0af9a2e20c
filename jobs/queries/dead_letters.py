"""Reading dead letters."""

from jobs.core.errors import InvalidFilter, NotFound
from jobs.core.states import Reason
from jobs.models import DeadLetter, Tenant
from jobs.models.dead_letter import DeadLetterQuerySet
from jobs.queries.search import COUNTED, Count

MOST = 100


def get(tenant: Tenant | None, number: int) -> DeadLetter:
    """One letter of the tenant, or of any; raises NotFound."""
    letter = _of(tenant).select_related("tenant", "job").filter(pk=number).first()
    if letter is None:
        raise NotFound(f"There is no dead letter {number}.")
    return letter


def search(tenant: Tenant | None, *, reason: str = "", type: str = "", queue: str = "", replayed: str = "") -> DeadLetterQuerySet:
    """Letters of the tenant, or of all, that match; `replayed` is yes or no, the newest first; raises InvalidFilter."""
    if reason and reason not in set(Reason):
        raise InvalidFilter(f"There is no reason {reason!r}; there are {', '.join(Reason)}.")
    if replayed not in ("", "yes", "no"):
        raise InvalidFilter(f"replayed is yes or no, not {replayed!r}.")
    wanted = {"reason": reason, "type": type, "queue": queue}
    rows = _of(tenant).filter(**{name: value for name, value in wanted.items() if value}).order_by("-pk")
    return rows.filter(replayed_at__isnull=replayed == "no") if replayed else rows


def _of(tenant: Tenant | None) -> DeadLetterQuerySet:
    return DeadLetter.objects.of(tenant) if tenant else DeadLetter.objects.all()


def count(rows: DeadLetterQuerySet) -> Count:
    """How many they are; beyond COUNTED only that they are more."""
    counted = rows.order_by()[: COUNTED + 1].count()
    return Count(min(counted, COUNTED), exact=counted <= COUNTED)


def page(rows: DeadLetterQuerySet, after: int | None, limit: int) -> tuple[list[DeadLetter], int | None]:
    """Some letters, and the cursor of the next page."""
    limit = max(1, min(limit, MOST))
    found = list((rows.filter(pk__lt=after) if after else rows).select_related("tenant", "job")[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None
