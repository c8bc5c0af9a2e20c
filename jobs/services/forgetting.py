"""The archive forgets its old end, whole links at a time, and tells of it beforehand: that the chain itself says where it begins."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from jobs.core.positions import padded
from jobs.infra.broker import milliseconds
from jobs.models import Event, Seal
from jobs.services import audit, chain

# In one transaction: as many links as hold so many events, and no more links than that.
EVENTS, LINKS = 20_000, 2000


def tell() -> int:
    """Tell of the links that are older, or more, than the settings say; 1 if there are. They go when this act is in the archive."""
    through = _too_old() or _too_many()
    told = chain.forgotten_to()
    if through is None or (told and through.pk <= int(told.partition(":")[0])):
        return 0
    audit.record(chain.FORGOTTEN, "archive", through=chain.head_of(through), last=through.last)
    return 1


def _too_old() -> Seal | None:
    return _all_but_the_newest().filter(last__lt=_old()).order_by("-id").first()


def _too_many() -> Seal | None:
    """The last of the oldest links that hold what is too much, and not one link more."""
    over, beyond = None, Event.objects.count() - settings.EVENT_ARCHIVE_ROWS
    if beyond <= 0:
        return None
    for pk, events in _all_but_the_newest().order_by("id").values_list("pk", "positions__len").iterator():
        beyond -= events
        if beyond < 0:
            break
        over = pk
    return Seal.objects.filter(pk=over).first() if over else None


def _all_but_the_newest() -> QuerySet[Seal]:
    """The newest link stays: upon it the next is built."""
    return Seal.objects.defer("positions", "digests").exclude(pk=Seal.objects.order_by("-id").values("pk")[:1])


def _old() -> str:
    return padded(f"{milliseconds(timezone.now() - timedelta(days=settings.EVENT_ARCHIVE_DAYS))}-0")


@transaction.atomic
def forget() -> int:
    """Forget the oldest of the links that were told of; answers how many events."""
    told = chain.forgotten_to()
    links = _oldest(int(told.partition(":")[0])) if told and chain.stands(told) else []
    if not links:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL conveyor.forgetting TO 'yes'")
        gone = Event.objects.filter(position__lte=links[-1].last).delete()[0]
        Seal.objects.filter(pk__lte=links[-1].pk).delete()
        cursor.execute("SET LOCAL conveyor.forgetting TO 'no'")
    return gone


def _oldest(through: int) -> list[Seal]:
    links, events = [], 0
    for seal in Seal.objects.defer("digests").filter(pk__lte=through).order_by("id")[:LINKS].iterator(chunk_size=chain.LOOK):
        links.append(seal)
        events += len(seal.positions)
        if events >= EVENTS:
            break
    return links
