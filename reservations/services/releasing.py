"""Giving seats back: by their buyer, by the clock, by the staff."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from reservations.models import Booking, Hold, Show, ShowSeat, Ticket
from reservations.services import extras, floors, news, waiting_list
from reservations.services.answers import Overridden, Refused, Released

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Request:
    """Without `seats` the whole hold."""

    hold: uuid.UUID
    buyer: str
    seats: Sequence[int] | None = None


@transaction.atomic
def release(show_id: int, requests: Sequence[Request]) -> list[Released | Refused]:
    """Let go of holds, or of some of their seats; one that is over already is let go of."""
    show = floors.lock(show_id)
    holds = {h.pk: h for h in Hold.objects.filter(show=show, pk__in=[r.hold for r in requests])}
    answers = [_release(show, holds.get(r.hold), r) for r in requests]
    extras.release([hold for hold in holds.values() if hold.state == Hold.State.RELEASED])
    waiting_list.serve_show(show_id)
    return answers


def _release(show: Show, hold: Hold | None, request: Request) -> Released | Refused:
    if hold is None or request.buyer not in ("", hold.buyer):
        return Refused(code="unknown_hold", message="There is no such hold of yours.")
    if hold.state == Hold.State.CONFIRMED:
        return Refused(code="booked", message="These seats are booked. Cancel the booking instead.")
    gone = set(hold.seat_ids) if request.seats is None else set(request.seats) & set(hold.seat_ids)
    freed = let_go(ShowSeat.objects.filter(show=show, hold=hold, pk__in=gone))
    hold.seat_ids = [i for i in hold.seat_ids if i not in gone] or hold.seat_ids
    if gone >= set(hold.seat_ids) and hold.state == Hold.State.ACTIVE:
        hold.state, hold.ended_at = Hold.State.RELEASED, timezone.now()
    hold.save(update_fields=["seat_ids", "state", "ended_at"])
    news.tell("released", show, freed, "free")
    return Released(seats=sorted(gone))


def let_go(seats: "Collection[ShowSeat]") -> list[int]:
    """Free held seats; answers their ids. The show is locked."""
    ids = list(seats.values_list("pk", flat=True))  # type: ignore[attr-defined]
    ShowSeat.objects.filter(pk__in=ids).update(state=ShowSeat.State.FREE, hold=None, held_until=None)
    return ids


def expire() -> list[int]:
    """Sweep what is over: its seats were free already, the rows and the maps learn it. Answers the shows that got seats back."""
    over = Hold.objects.filter(state=Hold.State.ACTIVE, expires_at__lte=Now())
    shows = sorted(over.values_list("show_id", flat=True).distinct()[:AT_ONCE])
    return [show for show in shows if _expire(show)]


@transaction.atomic
def _expire(show_id: int) -> bool:
    show = floors.lock(show_id)
    over = Hold.objects.filter(show=show, state=Hold.State.ACTIVE, expires_at__lte=Now())
    ids = list(over.values_list("pk", flat=True)[:AT_ONCE])
    freed = let_go(ShowSeat.objects.filter(show=show, hold__in=ids))
    Hold.objects.filter(pk__in=ids).update(state=Hold.State.EXPIRED, ended_at=Now())
    news.tell("released", show, freed, "free")
    waiting_list.serve_show(show_id)
    return bool(freed)


@transaction.atomic
def block(show_id: int, seats: Collection[int], reason: str) -> Overridden | Refused:
    """Take seats out of the sale, out of holds too; a booked one refuses it."""
    show = floors.lock(show_id)
    rows = ShowSeat.objects.filter(show=show, pk__in=seats)
    if booked := list(rows.filter(state=ShowSeat.State.BOOKED).values_list("pk", flat=True)):
        return Refused(code="booked", message="Some of these seats are booked. Free them first.", taken=booked)
    _out_of_holds(_holds_of(show, seats), set(seats))
    ids = list(rows.values_list("pk", flat=True))
    rows.update(state=ShowSeat.State.BLOCKED, hold=None, held_until=None, reason=reason[:200])
    news.tell("blocked", show, ids, "blocked")
    return Overridden(seats=sorted(ids))


@transaction.atomic
def free(show_id: int, seats: Collection[int], reason: str) -> Overridden:
    """Put seats back on sale whatever they were: blocked, held or booked. A ticket is cancelled with its reason on the booking."""
    show = floors.lock(show_id)
    rows = ShowSeat.objects.filter(show=show, pk__in=seats).exclude(state=ShowSeat.State.FREE)
    held, valid = _holds_of(show, seats), _tickets_of(show, seats)
    extras.lock([*held, *Hold.objects.filter(extras__booking__tickets__in=valid, extras__cancelled_at=None).distinct()])
    _out_of_holds(held, set(seats))
    bookings = _cancel_tickets(valid, reason)
    ids = list(rows.values_list("pk", flat=True))
    ShowSeat.objects.filter(pk__in=ids).update(state=ShowSeat.State.FREE, hold=None, held_until=None, reason="")
    news.tell("released", show, ids, "free")
    waiting_list.serve_show(show_id)
    return Overridden(seats=sorted(ids), bookings=bookings)


def _holds_of(show: Show, seats: Collection[int]) -> list[Hold]:
    return list(Hold.objects.filter(show=show, state=Hold.State.ACTIVE, seat_ids__overlap=list(seats)))


def _tickets_of(show: Show, seats: Collection[int]) -> "QuerySet[Ticket]":
    return Ticket.objects.filter(show_seat__in=seats, show_seat__show=show, cancelled_at=None)


def _out_of_holds(held: Sequence[Hold], seats: set[int]) -> None:
    for hold in held:
        hold.seat_ids = [i for i in hold.seat_ids if i not in seats]
        if not hold.seat_ids:
            hold.state, hold.ended_at = Hold.State.RELEASED, timezone.now()
        hold.save(update_fields=["seat_ids", "state", "ended_at"])
    extras.release([hold for hold in held if hold.state == Hold.State.RELEASED])


def _cancel_tickets(valid: "QuerySet[Ticket]", reason: str) -> list[uuid.UUID]:
    """A booking that has no ticket left is cancelled, one that has some is changed; their buyers are told."""
    touched = list(Booking.objects.filter(tickets__in=valid).distinct().select_related("tenant").order_by("pk"))
    valid.update(cancelled_at=Now())
    for booking in touched:
        _settle(booking, reason)
    for name, state in (("changed", Booking.State.CONFIRMED), ("cancelled", Booking.State.CANCELLED)):
        news.tell_of_bookings(name, [b for b in touched if b.state == state])
    return [booking.pk for booking in touched]


def _settle(booking: Booking, reason: str) -> None:
    booking.revision += 1
    booking.reason = reason[:200]
    if booking.seats_now():
        booking.total = booking.total_now()
    else:
        booking.state, booking.cancelled_at = Booking.State.CANCELLED, timezone.now()
        extras.take_back(booking, timezone.now(), reason)
    booking.save(update_fields=["state", "cancelled_at", "reason", "revision", "total"])
