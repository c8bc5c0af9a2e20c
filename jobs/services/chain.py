"""The chain of the archive: looked at, and forgotten from its old end. Links are made with their events (services.lifecycle)."""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from jobs.core.positions import padded
from jobs.infra.broker import milliseconds
from jobs.models import Event, Seal

LOOK = 20
# Seals are a recorder's batch each: so many are forgotten in one transaction.
FORGET = 50

# Of one link: its places in order, with the digest of what stands there now (NULL: nothing does).
NOW = """
SELECT sealed.position,
    CASE WHEN e.position IS NOT NULL THEN jobs_event_digest(e.position, e.name, e.subject, e.tenant, e.data, e.at) END
FROM unnest(%s::text[]) WITH ORDINALITY AS sealed(position, nth) LEFT JOIN jobs_event AS e ON e.position = sealed.position ORDER BY nth"""

# Events from the first link on that no link knows.
UNSEALED = """
SELECT e.position FROM jobs_event AS e WHERE e.position >= %s
AND NOT EXISTS (SELECT 1 FROM jobs_seal AS s WHERE s.first <= e.position AND s.last >= e.position AND e.position = ANY(s.positions))
LIMIT %s"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was sealed. `what`: changed, missing, added, or broken (the chain itself)."""

    what: str
    place: str

    def __str__(self) -> str:
        return f"{self.what}: {self.place}"


@dataclass(slots=True)
class Verdict:
    """What a look at the whole chain has found. `head` is the newest link as `id:hex`: noted elsewhere, it proves the end."""

    seals: int = 0
    events: int = 0
    head: str = ""
    faults: list[Fault] = field(default_factory=list)


def verify(noted: str = "") -> Verdict:
    """Look at every link and every event. `noted` is a head (`id:hex`) that was written down earlier and must still be there."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            # All of it as of one moment: what is kept or forgotten meanwhile is no fault.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return _verify(noted)


def _verify(noted: str) -> Verdict:
    verdict, previous, first = Verdict(), None, None
    for seal in Seal.objects.order_by("id").iterator(chunk_size=LOOK):
        first = first or seal.first
        verdict.faults += _chain(seal, previous) + _contents(seal)
        verdict.seals, verdict.events = verdict.seals + 1, verdict.events + len(seal.positions)
        previous = bytes(seal.digest)
        verdict.head = f"{seal.pk}:{previous.hex()}"
    missing = sum(fault.what == "missing" for fault in verdict.faults)
    if first and Event.objects.filter(position__gte=first).count() != verdict.events - missing:
        verdict.faults += [Fault("added", place) for place in _unsealed(first)]
    if noted and not _stands(noted):
        verdict.faults.append(Fault("broken", f"the noted head {noted} is not in the chain"))
    return verdict


def _chain(seal: Seal, previous: bytes | None) -> list[Fault]:
    faults = []
    if previous is not None and bytes(seal.previous) != previous:
        faults.append(Fault("broken", f"seal {seal.pk} does not follow the one before it"))
    content = bytes(seal.previous) + ",".join(seal.positions).encode() + bytes(seal.digests)
    if hashlib.sha256(content).digest() != bytes(seal.digest):
        faults.append(Fault("broken", f"seal {seal.pk} is not what its digest says"))
    return faults


def _contents(seal: Seal) -> list[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(NOW, [seal.positions])
        rows = cursor.fetchall()
    digests = bytes(seal.digests)
    return [
        Fault("changed" if digest else "missing", position)
        for nth, (position, digest) in enumerate(rows)
        if digest is None or bytes(digest) != digests[32 * nth : 32 * nth + 32]
    ]


def _unsealed(first: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(UNSEALED, [first, LOOK])
        return [position for (position,) in cursor.fetchall()]


def _stands(noted: str) -> bool:
    number, _, digest = noted.partition(":")
    seal = Seal.objects.filter(pk=number).first() if number.isdecimal() else None
    return seal is not None and bytes(seal.digest).hex() == digest


@transaction.atomic
def forget() -> int:
    """The archive forgets what is older, or more, than the settings say, whole links of the chain at a time; answers how many events."""
    old = padded(f"{milliseconds(timezone.now() - timedelta(days=settings.EVENT_ARCHIVE_DAYS))}-0")
    oldest = list(Seal.objects.defer("positions", "digests").order_by("id")[:FORGET])
    over = [seal for seal in oldest if seal.last < old] or _beyond(Event.objects.count() - settings.EVENT_ARCHIVE_ROWS)
    # Events of before there was a chain are under no link.
    doomed = Q(position__lte=over[-1].last) if over else Q(position__lt=min([old, *(seal.first for seal in oldest[:1])]))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL conveyor.forgetting TO 'yes'")
        gone = Event.objects.filter(doomed).delete()[0]
        Seal.objects.filter(pk__in=[seal.pk for seal in over]).delete()
        cursor.execute("SET LOCAL conveyor.forgetting TO 'no'")
    return gone


def _beyond(too_many: int) -> list[Seal]:
    """The oldest links that hold so many events, and not one link more."""
    over: list[Seal] = []
    for seal in Seal.objects.defer("digests").order_by("id")[:FORGET] if too_many > 0 else ():
        too_many -= len(seal.positions)
        if too_many < 0:
            break
        over.append(seal)
    return over
