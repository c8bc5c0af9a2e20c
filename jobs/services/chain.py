"""The chain of the archive, looked at: each event, each link, and both ends. Links are made with their events (services.lifecycle).

The links prove each other; the ends are proven by what stands elsewhere. The old end lies where the newest act of forgetting in the chain
itself says (services.forgetting). Behind the new end Redis has two witnesses: the journal, and a link that was noted there a while ago.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

import redis
import structlog
from django.db import connection, transaction
from django.utils import timezone

from jobs.core.events import JobEvent
from jobs.core.positions import START, entry_id, padded
from jobs.infra import journal, noted_head
from jobs.models import Event, Projection, Seal

log = structlog.get_logger(__name__)
LOOK = 20
FORGOTTEN = "archive.forget"
# What a crash of PostgreSQL takes away is recorded anew under other links (services.lifecycle): noted is what has settled.
SETTLED = timedelta(seconds=10)

# Of one link: its places in order, with the digest of what stands there now (NULL: nothing does).
NOW = """
SELECT sealed.position,
    CASE WHEN e.position IS NOT NULL THEN jobs_event_digest(e.position, e.name, e.subject, e.tenant, e.data, e.at) END
FROM unnest(%s::text[]) WITH ORDINALITY AS sealed(position, nth) LEFT JOIN jobs_event AS e ON e.position = sealed.position ORDER BY nth"""

# Events that no link knows.
UNSEALED = """
SELECT e.position FROM jobs_event AS e WHERE NOT EXISTS (
    SELECT 1 FROM jobs_seal AS s WHERE s.first <= e.position AND s.last >= e.position AND e.position = ANY(s.positions))
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
    # Asked before that moment: the chain has what was remembered then, and Redis goes on to remember what comes while we look.
    remembered = _remembered()
    with transaction.atomic():
        if outermost:
            # All of it as of one moment: what is kept or forgotten meanwhile is no fault.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return _verify(noted, remembered)


def _remembered() -> str:
    try:
        return noted_head.read()
    except redis.RedisError:
        return ""


def _verify(noted: str, remembered: str) -> Verdict:
    verdict = Verdict()
    first = last = None
    for seal in Seal.objects.order_by("id").iterator(chunk_size=LOOK):
        first = first or seal
        verdict.faults += _chain(seal, last) + _contents(seal)
        verdict.seals, verdict.events = verdict.seals + 1, verdict.events + len(seal.positions)
        last = seal
    missing = sum(fault.what == "missing" for fault in verdict.faults)
    if Event.objects.count() != verdict.events - missing:
        verdict.faults += [Fault("added", place) for place in _unsealed()]
    verdict.head = head_of(last)
    verdict.faults += _old_end(first) + _new_end(last, remembered)
    if noted and not stands(noted):
        verdict.faults.append(Fault("broken", f"the noted head {noted} is not in the chain"))
    return verdict


def _chain(seal: Seal, before: Seal | None) -> list[Fault]:
    faults = []
    if before and bytes(seal.previous) != bytes(before.digest):
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


def _unsealed() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(UNSEALED, [LOOK])
        return [position for (position,) in cursor.fetchall()]


def _old_end(first: Seal | None) -> list[Fault]:
    """Before the first link there was none, or those are gone whose forgetting was told."""
    if first is None or not first.previous:
        return []
    told = forgotten_to()
    number, _, digest = told.partition(":")
    # What was told may be under way still.
    if told and (digest == bytes(first.previous).hex() or (int(number) >= first.pk and stands(told))):
        return []
    return [Fault("broken", f"links before seal {first.pk} are gone, and nothing in the chain tells of it")]


def forgotten_to() -> str:
    """The link up to which the archive was last told to forget, as `id:hex`."""
    act = Event.objects.acts().filter(data__act=FORGOTTEN).first()
    return str(act.data["detail"]["through"]) if act else ""


def _new_end(last: Seal | None, remembered: str) -> list[Fault]:
    """Whatever Redis knows of the end is in the chain. Without Redis there is no witness."""
    try:
        faults = _unkept(last.last if last else START)
    except redis.RedisError as error:
        log.warning("audit.no_witness", why=str(error))
        return []
    if remembered and not stands(remembered):
        faults.append(Fault("broken", f"{remembered}, which Redis remembers, is not in the chain: its end was cut off or written anew"))
    return faults


def _unkept(after: str) -> list[Fault]:
    """Entries that the recorder has passed, and that are not under the last link though they should be."""
    place = Projection.objects.filter(name=Projection.RECORDER).values_list("position", flat=True).first() or START
    faults: list[Fault] = []
    entries = journal.read(entry_id(after))
    while entries and len(faults) < LOOK:
        passed = [entry for entry in entries if entry.position <= padded(place)]
        faults += [Fault("missing", entry.position) for entry in passed if entry.name != JobEvent.PROGRESSED]
        entries = journal.read(entries[-1].id) if len(passed) == len(entries) else []
    return faults[:LOOK]


def stands(head: str) -> bool:
    """Is this link (`id:hex`) in the chain?"""
    number, _, digest = head.partition(":")
    seal = Seal.objects.filter(pk=number).first() if number.isdecimal() else None
    return seal is not None and bytes(seal.digest).hex() == digest


def head_of(seal: Seal | None) -> str:
    return f"{seal.pk}:{bytes(seal.digest).hex()}" if seal else ""


def note() -> int:
    """Have Redis remember the newest link that has settled, unless what it remembers is gone: then that stays, for `verify` to find."""
    before = noted_head.read()
    if before and not stands(before):
        return 0
    newest = Seal.objects.defer("positions", "digests").filter(at__lt=timezone.now() - SETTLED).order_by("-id").first()
    if newest is None or head_of(newest) == before:
        return 0
    noted_head.write(head_of(newest))
    return 1
