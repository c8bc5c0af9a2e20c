"""The door: a code is read, the ticket is looked at, someone comes in; each ticket once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from reservations.core import ticket_code
from reservations.core.ticket_code import BadCode
from reservations.models import DoubleEntry, Entry, Show, Ticket
from reservations.queries import extras, seating
from reservations.services import news, signing

SHORT, SIGNED = ticket_code.SHORT, 149


@dataclass(frozen=True, slots=True)
class Scan:
    """`at`: when it was, by the door's clock; `let_in`: the door had no network and has let them in already."""

    code: str
    reference: str = ""
    at: datetime | None = None
    door: str = ""
    let_in: bool = False
    user: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`outcome`: entered or refused; `doubled`: found too late, they are inside. `code` is stable: not_a_ticket, wrong_show, void, used.

    `beside`: what the booking has beside its seats, to be handed out.
    """

    outcome: str
    code: str
    message: str
    reference: str = ""
    ticket: uuid.UUID | None = None
    where: str = ""
    name: str = ""
    at: datetime | None = None
    beside: str = ""


def check_in(show: Show, scan: Scan) -> Answer:
    """Let someone in with a ticket, once. The same reference again gets the same answer; another is refused, or told as a double."""
    try:
        found = _find(show, scan.code)
    except BadCode as error:
        return Answer("refused", "not_a_ticket", str(error), scan.reference)
    if isinstance(found, Answer):
        return found
    return _enter(show, found, scan)


def sync(show: Show, scans: Sequence[Scan]) -> list[Answer]:
    """What a door did without a network, in its order."""
    return [check_in(show, scan) for scan in scans]


def _find(show: Show, code: str) -> Ticket | Answer:
    word = ticket_code.tidy(code)
    if len(word) == SHORT:
        ticket = _by_letters(show, word)
    elif len(word) == SIGNED:
        claim = signing.read(word)
        if claim.show != show.pk:
            return Answer("refused", "wrong_show", "This ticket is for another show.")
        ticket = _tickets(show).filter(pk=claim.ticket).first()
    else:
        raise BadCode("This is no ticket's code.")
    if ticket is None:
        raise BadCode("This show has no such ticket.")
    return ticket


def _tickets(show: Show) -> QuerySet[Ticket]:
    return Ticket.objects.filter(booking__show=show).select_related("booking", *seating.WITH_PLACE)


def _by_letters(show: Show, word: str) -> Ticket | None:
    """The one ticket of the show with these letters: forty random bits. Two that share them are asked for the picture."""
    ends = Ticket.objects.filter(booking__show=show).annotate(text=Cast("pk", CharField()))
    found = list(ends.filter(text__endswith=ticket_code.tail_of(word)).values_list("pk", flat=True)[:2])
    return _tickets(show).get(pk=found[0]) if len(found) == 1 else None


@transaction.atomic
def _enter(show: Show, ticket: Ticket, scan: Scan) -> Answer:
    """The ticket's row is the lock: of two doors one is first."""
    locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
    at = scan.at or timezone.now()
    entry = Entry.objects.filter(ticket=locked).first()
    if entry and scan.reference and entry.reference == scan.reference:
        return _told("entered", "entered", "Come in.", ticket, scan, entry.at)
    if locked.cancelled_at:
        return _too_late(show, ticket, scan, "void", "This ticket is void.", at)
    if entry:
        return _too_late(show, ticket, scan, "used", f"Someone came in with it at {_clock(show, entry.at)}.", entry.at)
    Entry.objects.create(ticket=locked, at=at, door=scan.door, by_id=scan.user, reference=scan.reference or str(uuid.uuid4()))
    news.tell_of_entry("entered", show, ticket.pk, scan.door)
    return _told("entered", "entered", "Come in.", ticket, scan, at)


def _too_late(show: Show, ticket: Ticket, scan: Scan, code: str, message: str, at: datetime) -> Answer:
    """Refused; or, where the door has let them in, kept as a double and told."""
    if not scan.let_in:
        return _told("refused", code, message, ticket, scan, at)
    _, new = DoubleEntry.objects.get_or_create(
        ticket_id=ticket.pk,
        reference=scan.reference,
        defaults={"at": scan.at or timezone.now(), "door": scan.door, "void": code == "void"},
    )
    if new:
        news.tell_of_entry("doubled", show, ticket.pk, scan.door)
    return _told("doubled", code, f"{message} A second person is inside with it.", ticket, scan, at)


def _told(outcome: str, code: str, message: str, ticket: Ticket, scan: Scan, at: datetime) -> Answer:
    where = seating.in_words(seating.described(ticket.show_seat))
    beside = extras.in_words(extras.of_booking(ticket.booking)) if outcome == "entered" else ""
    return Answer(outcome, code, message, scan.reference, ticket.pk, where, ticket.booking.name, at, beside)


def _clock(show: Show, at: datetime) -> str:
    return f"{at.astimezone(show.map.venue.zone):%H:%M:%S}"
