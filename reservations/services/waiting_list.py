"""The waiting list: seats that come back go to those who wait before anybody else can have them.

Whoever opens the floor of a show serves the list first, in the same transaction and under the same lock. So a seat is never free
for others while a party waits whom it fits; that a hold ran out is noticed by whoever comes next, or by the sweep.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q

from reservations.core.buyer import is_guest
from reservations.core.picker import Want
from reservations.models import Hold, Show, WaitingEntry
from reservations.services import extras, floors, news, taking
from reservations.services.answers import Left, Refused, Waits

# So many parties are looked at each time; who is behind them waits for the next.
LOOKED_AT = 200
# So many offers are made to a party.
LAST = 2
State = WaitingEntry.State


@dataclass(frozen=True, slots=True)
class Join:
    buyer: str
    user: int | None
    name: str
    email: str
    size: int
    zones: Sequence[int] = ()
    together: bool = True
    accessible: int = 0

    def want(self) -> Want:
        return Want(self.size, frozenset(self.zones), None, self.accessible, self.together)


@transaction.atomic
def join(show_id: int, request: Join) -> Waits | Refused:
    """Put a party on the list; asked again it is where it is. Refused where seats are free that fit, or where nobody sells any."""
    at = floors.open_floor(show_id)
    serve(at)
    known = WaitingEntry.objects.filter(show=at.show, email__iexact=request.email, state__in=[State.WAITING, State.OFFERED]).first()
    if known and known.buyer == request.buyer:
        return _waits(known)
    if refused := _may_not_join(at, request, known):
        return refused
    made = WaitingEntry.objects.create(
        show=at.show,
        buyer=request.buyer,
        owner_id=request.user,
        name=request.name,
        email=request.email,
        size=request.size,
        zones=list(request.zones),
        together=request.together,
        accessible=request.accessible,
        joined_at=at.now,
        queued_at=at.now,
    )
    return _waits(made)


def _may_not_join(at: floors.Opened, request: Join, known: WaitingEntry | None) -> Refused | None:
    show = at.show
    if known:
        return Refused(code="address_waits", message="Somebody waits with this e-mail address already.")
    if show.state != Show.State.PUBLISHED or at.now >= show.on_sale_until:
        return Refused(code="not_on_sale", message="This show is not on sale any more.")
    if unknown := set(request.zones) - set(show.zones.values_list("pk", flat=True)):
        return Refused(code="unknown_zones", message=f"This show has no zone {min(unknown)}.")
    has = taking.seats_of(show.pk, {request.buyer}, at.now)[request.buyer]
    if is_guest(request.buyer):
        has = max(has, taking.booked_with(show.pk, {request.email})[request.email.lower()])
    if has + request.size > show.limit_per_buyer:
        return Refused(code="limit_reached", message=f"One buyer may have {show.limit_per_buyer} seats of this show.")
    if show.on_sale(at.now) and at.picker.pick(request.want()):
        return Refused(code="seats_free", message="Such seats are free now. Take them at once.")
    return None


def _waits(entry: WaitingEntry) -> Waits:
    return Waits(entry=entry.pk, state=entry.state, ahead=ahead_of(entry), hold=entry.offer_id)


def ahead_of(entry: WaitingEntry) -> int:
    """How many parties of the show are looked at before this one."""
    if entry.state != State.WAITING:
        return 0
    return WaitingEntry.objects.filter(show=entry.show_id, state=State.WAITING, queued_at__lt=entry.queued_at).count()


@transaction.atomic
def leave(show_id: int, entry_id: uuid.UUID, buyer: str) -> Left | Refused:
    """Take a party off the list; the box office (an empty buyer) may do so for others. A standing offer is let go of."""
    show = floors.lock(show_id)
    entry = WaitingEntry.objects.select_related("offer").filter(show=show, pk=entry_id).first()
    if entry is None or buyer not in ("", entry.buyer):
        return Refused(code="unknown_entry", message="There is no such entry of yours.")
    if entry.state == State.SERVED:
        return Refused(code="served", message="This party has its seats.")
    if entry.state == State.OFFERED and entry.offer:
        _let_go(show, entry.offer)
    WaitingEntry.objects.filter(pk=entry.pk).update(state=State.LEFT)
    serve(floors.open_floor(show_id))
    return Left(entry=entry.pk)


def _let_go(show: Show, hold: Hold) -> None:
    seats = show.seats.filter(hold=hold)
    freed = list(seats.values_list("pk", flat=True))
    seats.update(state="free", hold=None, held_until=None)
    now = floors.look(show.pk)[1]
    Hold.objects.filter(pk=hold.pk, state=Hold.State.ACTIVE).update(state=Hold.State.RELEASED, ended_at=now)
    extras.release([hold])
    news.tell("released", show, freed, "free")


def serve_show(show_id: int) -> int:
    """Serve the list of a show whose lock this transaction has, if anybody is on it."""
    return serve(floors.open_floor(show_id)) if _somebody(show_id) else 0


def serve(at: floors.Opened) -> int:
    """Offer what is free to the first whom it fits, each as a hold; answers how many got one. Nobody does while the show is not on sale."""
    if not _somebody(at.show.pk):
        return 0
    _pass_on(at)
    if not at.show.on_sale(at.now) or not any(at.floor.free):
        return 0
    awake = Q(rests_until=None) | Q(rests_until__lte=at.now)
    entries = list(WaitingEntry.objects.filter(awake, show=at.show, state=State.WAITING)[:LOOKED_AT])
    has = taking.seats_of(at.show.pk, {entry.buyer for entry in entries}, at.now)
    offered = []
    for entry in entries:
        if has[entry.buyer] + entry.size <= at.show.limit_per_buyer and _offer(at, entry):
            has[entry.buyer] += entry.size
            offered.append(entry)
    _write(at.show, offered)
    return len(offered)


def _somebody(show_id: int) -> bool:
    return WaitingEntry.objects.filter(show=show_id, state__in=[State.WAITING, State.OFFERED]).exists()


def _pass_on(at: floors.Opened) -> None:
    """Who let an offer run out, or gave it back: the seats go on to the next. The party stays, at the end, and rests as long as an offer
    lasts, so that seats are not kept again for somebody who is asleep; after the last offer it is off the list."""
    lapsed = WaitingEntry.objects.filter(show=at.show, state=State.OFFERED).exclude(
        offer__state=Hold.State.ACTIVE, offer__expires_at__gt=at.now
    )
    gone = list(lapsed.select_related("show__tenant"))
    for entry in gone:
        entry.state = State.LEFT if entry.offers >= LAST else State.WAITING
        entry.queued_at, entry.rests_until = at.now, at.now + at.show.offer_for
    WaitingEntry.objects.bulk_update(gone, ["state", "queued_at", "rests_until"])
    news.tell_of_waiting("lapsed", gone)


def _offer(at: floors.Opened, entry: WaitingEntry) -> bool:
    seats = at.picker.pick(Want(entry.size, frozenset(entry.zones), None, entry.accessible, entry.together))
    if not seats:
        return False
    at.floor.take(seats)
    until = min(at.now + at.show.offer_for, max(at.show.on_sale_until, at.now + at.show.hold_for))
    entry.offer = Hold(
        show=at.show,
        reference=f"offer:{entry.pk}:{entry.offers + 1}",
        buyer=entry.buyer,
        owner_id=entry.owner_id,
        seat_ids=sorted(at.ids(seats)),
        started_at=at.now,
        expires_at=until,
        ceiling_at=until,
    )
    return True


def _write(show: Show, offered: Sequence[WaitingEntry]) -> None:
    holds = [entry.offer for entry in offered if entry.offer]
    Hold.objects.bulk_create(holds)
    taking.take(show, holds)
    for entry in offered:
        WaitingEntry.objects.filter(pk=entry.pk).update(state=State.OFFERED, offer=entry.offer, offers=F("offers") + 1)
    news.tell("held", show, [seat for hold in holds for seat in hold.seat_ids], "held")
    news.tell_of_waiting("offered", offered)
