"""From a hold to a booking, and back."""

import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from reservations.core.buyer import is_guest
from reservations.core.picker import Want
from reservations.core.seat import Kind
from reservations.models import Booking, Entry, Hold, Show, ShowSeat, Ticket, WaitingEntry
from reservations.services import extras, floors, news, taking, waiting_list
from reservations.services.answers import Booked, Cancelled, Refused
from reservations.services.holding import leaves_single

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Confirm:
    hold: uuid.UUID
    buyer: str
    name: str
    email: str


@transaction.atomic
def confirm(show_id: int, requests: Sequence[Confirm]) -> list[Booked | Refused]:
    """Book what is held. A hold that is over gets the same seats if they are free, else as many as good or better, else a refusal."""
    at = floors.open_floor(show_id)
    known = Hold.objects.filter(show_id=show_id, pk__in=[r.hold for r in requests])
    holds = {h.pk: h for h in known.select_related("booking")}
    made: list[Booking] = []
    extras.lock(holds.values())
    limits = Limits(at.show, requests, holds.values(), at.now)
    answers = [_confirm(at, limits, holds.get(r.hold), r, made) for r in requests]
    news.tell_of_bookings("confirmed", made)
    return answers


class Limits:
    """How much each buyer of a batch has booked: a guest by the e-mail address too, for a new session costs nothing."""

    def __init__(self, show: Show, requests: Sequence[Confirm], holds: Iterable[Hold], now: datetime) -> None:
        self.most = show.limit_per_buyer
        self.by_buyer = taking.booked_by(show.pk, {h.buyer for h in holds if h.exchanges_id})
        self.by_address = taking.booked_with(show.pk, {r.email for r in requests if is_guest(r.buyer)})

    def refused(self, hold: Hold, request: Confirm, seats: int) -> Refused | None:
        """Staff have no limit."""
        if request.buyer and hold.exchanges_id and self.by_buyer[hold.buyer] + seats > self.most:
            return Refused(
                code="limit_reached", message="You have as many seats as one buyer may. Exchange these for seats of your booking."
            )
        has = self.by_address[request.email.lower()]
        if is_guest(request.buyer) and has + seats > self.most:
            message = f"One buyer may have {self.most} seats of this show, and with this address {has} are booked."
            return Refused(code="limit_reached", message=message)
        return None

    def count(self, hold: Hold, request: Confirm, seats: int) -> None:
        self.by_buyer[hold.buyer] += seats
        self.by_address[request.email.lower()] += seats


def _confirm(at: floors.Opened, limits: Limits, hold: Hold | None, request: Confirm, made: list[Booking]) -> Booked | Refused:
    if hold is None or request.buyer not in ("", hold.buyer):
        return Refused(code="unknown_hold", message="There is no such hold of yours.")
    if hold.state == Hold.State.CONFIRMED:
        known = getattr(hold, "booking", None)
        return _booked(known) if known else Refused(code="hold_over", message="These seats went into a booking that you had.")
    if hold.state == Hold.State.RELEASED or not hold.seat_ids:
        return Refused(code="hold_over", message="This hold was let go of. Choose again.")
    late = hold.state == Hold.State.EXPIRED or hold.expires_at <= at.now
    seats = _seats_for_late(at, hold) if late else [at.hall.index[i] for i in hold.seat_ids]
    if seats is None:
        return Refused(code="seats_gone", message="The time was up, and the seats and all others like them are gone.")
    if hold.draft and request.buyer and (refused := leaves_single(at, seats)):
        return refused
    if refused := limits.refused(hold, request, len(seats)):
        return refused
    if refused := extras.sell(at.show, hold, at.now):
        return refused
    booked, moved = _book(at, hold, seats, request)
    limits.count(hold, request, len(seats))
    made.append(booked)
    return _booked(booked, moved=moved)


def _seats_for_late(at: floors.Opened, hold: Hold) -> list[int] | None:
    """The same, else as many in the same zones that are together as good."""
    seats = [at.hall.index[i] for i in hold.seat_ids]
    if all(at.floor.free[s] for s in seats):
        return seats
    spots = [at.hall.spots[s] for s in seats]
    zones = frozenset(spot.zone for spot in spots)
    if len(zones) > 1:
        return None  # nobody is moved into another price
    wheelchairs = sum(spot.kind is Kind.WHEELCHAIR for spot in spots)
    return at.picker.pick(Want(len(seats), zones, spots[0].area, wheelchairs, together=True))


def _book(at: floors.Opened, hold: Hold, seats: list[int], request: Confirm) -> tuple[Booking, bool]:
    ids = sorted(at.ids(seats))
    moved = ids != sorted(hold.seat_ids)
    rows = list(ShowSeat.objects.filter(pk__in=ids).select_related("zone"))
    _end(hold, Hold.State.CONFIRMED, ids, at.now)
    booking = Booking.objects.create(
        tenant=at.show.tenant,
        show=at.show,
        number=_number(),
        hold=hold,
        buyer=hold.buyer,
        owner_id=hold.owner_id,
        name=request.name,
        email=request.email,
        total=sum(hold.price_of(row.zone) for row in rows) + extras.sum_of(hold.extras.all() if hold.reservation_id else ()),
        booked_at=at.now,
    )
    _sell(at, booking, hold, rows)
    if hold.reservation_id:
        hold.extras.update(booking=booking)
    return booking, moved


def _end(hold: Hold, state: Hold.State, ids: list[int], now: datetime) -> None:
    hold.state, hold.ended_at, hold.seat_ids = state, now, ids
    hold.save(update_fields=["state", "ended_at", "seat_ids"])
    offered = WaitingEntry.objects.filter(offer=hold, state__in=[WaitingEntry.State.OFFERED, WaitingEntry.State.WAITING])
    offered.update(state=WaitingEntry.State.SERVED)


def _sell(at: floors.Opened, booking: Booking, hold: Hold, rows: list[ShowSeat]) -> None:
    """Seats and tickets; the unique index of valid tickets has the last word."""
    ids = [row.pk for row in rows]
    ShowSeat.objects.filter(pk__in=ids).update(state=ShowSeat.State.BOOKED, hold=None, held_until=None)
    Ticket.objects.bulk_create(Ticket(booking=booking, show_seat=row, price=hold.price_of(row.zone), issued_at=at.now) for row in rows)
    at.floor.take(at.hall.index[i] for i in ids)
    news.tell("booked", at.show, ids, "booked")


def _number() -> str:
    word = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{word[:3]}-{word[3:]}"


def _booked(booking: Booking, *, moved: bool = False) -> Booked:
    seats = list(booking.tickets.filter(cancelled_at=None).values_list("show_seat_id", flat=True))
    return Booked(booking=booking.pk, number=booking.number, seats=sorted(seats), total=booking.total, moved=moved)


@transaction.atomic
def cancel(show_id: int, booking_id: uuid.UUID, buyer: str, reason: str = "") -> Cancelled | Refused:
    """Give a booking back; its seats are free at once. Staff (an empty buyer) may do so at any time."""
    show = floors.lock(show_id)
    booking = Booking.objects.filter(show=show, pk=booking_id).first()
    if refused := may_not(show, booking, buyer):
        return refused
    assert booking
    seats = list(booking.tickets.values_list("show_seat_id", flat=True))
    if booking.state == Booking.State.CANCELLED:
        return Cancelled(booking=booking.pk, seats=sorted(seats))
    valid = list(booking.tickets.filter(cancelled_at=None))
    if refused := entered(valid):
        return refused
    now = floors.open_floor(show_id).now
    _take_back(show, valid, now)
    extras.take_back(booking, now, reason)
    booking.state, booking.cancelled_at, booking.reason = Booking.State.CANCELLED, now, reason[:200]
    booking.revision += 1
    booking.save(update_fields=["state", "cancelled_at", "reason", "revision"])
    news.tell_of_bookings("cancelled", [booking])
    waiting_list.serve_show(show_id)
    return Cancelled(booking=booking.pk, seats=sorted(t.show_seat_id for t in valid))


def may_not(show: Show, booking: Booking | None, buyer: str) -> Refused | None:
    """Why this buyer may not change it; the staff (an empty one) may at any time."""
    if booking is None or buyer not in ("", booking.buyer):
        return Refused(code="unknown_booking", message="There is no such booking of yours.")
    if buyer and floors.open_floor(show.pk).now >= (show.cancel_until or show.starts_at):
        return Refused(code="too_late", message="It is too late to change this booking.")
    return None


def entered(tickets: list[Ticket]) -> Refused | None:
    """What somebody came in with can't be given back."""
    used = list(Entry.objects.filter(ticket__in=tickets).values_list("ticket__show_seat_id", flat=True))
    return Refused(code="entered", message="Someone came in with one of these tickets.", taken=used) if used else None


def _take_back(show: Show, tickets: list[Ticket], now: datetime) -> None:
    ids = [ticket.show_seat_id for ticket in tickets]
    Ticket.objects.filter(pk__in=[t.pk for t in tickets]).update(cancelled_at=now)
    ShowSeat.objects.filter(pk__in=ids).update(state=ShowSeat.State.FREE)
    news.tell("released", show, ids, "free")


@transaction.atomic
def exchange(
    show_id: int, booking_id: uuid.UUID, buyer: str, give: Sequence[int], hold_id: uuid.UUID, holder: str = ""
) -> Booked | Refused:
    """Seats of a booking for those of a hold, in one step: there is no moment without seats.

    `holder` has the hold, where that is another than the booking's buyer: a guest on another device.
    """
    at = floors.open_floor(show_id)
    booking = Booking.objects.filter(show_id=show_id, pk=booking_id).first()
    if refused := may_not(at.show, booking, buyer):
        return refused
    assert booking
    hold = Hold.objects.filter(show_id=show_id, pk=hold_id).first()
    if hold is None or (holder or buyer) not in ("", hold.buyer):
        return Refused(code="unknown_hold", message="There is no such hold of yours.")
    if hold.state == Hold.State.CONFIRMED and booking.tickets.filter(show_seat__in=hold.seat_ids).exists():
        return _booked(booking)
    old = list(booking.tickets.filter(cancelled_at=None, show_seat__in=give))
    if len(old) != len(set(give)) or not old:
        return Refused(code="unknown_seats", message="Some of these seats are not of this booking.")
    if hold.state != Hold.State.ACTIVE or hold.expires_at <= at.now:
        return Refused(code="hold_over", message="The hold of the new seats is over. Choose again.")
    refused = entered(old) or _too_many(at, booking, len(old), hold) or extras.sell(at.show, hold, at.now)
    return refused or _swap(at, booking, old, hold)


def _too_many(at: floors.Opened, booking: Booking, given: int, hold: Hold) -> Refused | None:
    has = taking.booked_by(at.show.pk, {booking.buyer})[booking.buyer]
    if has - given + len(hold.seat_ids) <= max(at.show.limit_per_buyer, has):
        return None
    return Refused(
        code="limit_reached", message=f"One buyer may have {at.show.limit_per_buyer} seats of this show. Give more of the old ones."
    )


def _swap(at: floors.Opened, booking: Booking, old: list[Ticket], hold: Hold) -> Booked:
    _take_back(at.show, old, at.now)
    rows = list(ShowSeat.objects.filter(pk__in=hold.seat_ids).select_related("zone"))
    _end(hold, Hold.State.CONFIRMED, hold.seat_ids, at.now)
    _sell(at, booking, hold, rows)
    hold.extras.update(booking=booking)
    booking.total = booking.total_now()
    booking.revision += 1
    booking.save(update_fields=["total", "revision"])
    news.tell_of_bookings("changed", [booking])
    waiting_list.serve_show(at.show.pk)
    return _booked(booking)
