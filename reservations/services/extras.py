"""Extras: products of stock that go with seats. Reserved while the seats are held, sold with the booking, given back with it.

Stock keeps the units by one reservation for each hold. The order of locks is the show, then the products, all at once in the order of
their ids: whoever settles several holds locks what they all have first.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from jobs.core.errors import InvalidState
from reservations.models import Booking, Extra, ExtraLine, Hold, Show
from reservations.services import floors
from reservations.services.answers import Chosen, Refused
from stock.models import Reservation, ReservationLine
from stock.services import answers as stock
from stock.services import levels, reserving, returning, settling
from stock.services.allocation import Wanted


@dataclass(frozen=True, slots=True)
class Choice:
    """`wanted`: how many of each extra, by its id; one that is not named is given back."""

    hold: uuid.UUID
    buyer: str
    wanted: Mapping[int, int]


class Short(Exception):
    """Stock has fewer than are wanted. Raised inside a transaction, to leave everything as it was."""

    def __init__(self, refused: stock.Refused) -> None:
        super().__init__(refused.detail)
        self.refused = refused


@transaction.atomic
def choose(show_id: int, choice: Choice) -> Chosen | Refused:
    """These extras with the seats of a hold, all or none of them: refused, the hold keeps what it had."""
    show = floors.lock(show_id)
    now = floors.look(show_id)[1]
    hold = Hold.objects.filter(show=show, pk=choice.hold).first()
    if hold is None or choice.buyer not in ("", hold.buyer):
        return Refused(code="unknown_hold", message="There is no such hold of yours.")
    if hold.state != Hold.State.ACTIVE or hold.expires_at <= now:
        return Refused(code="hold_over", message="This hold is over. Choose again.")
    wanted = {id: units for id, units in choice.wanted.items() if units}
    offered = {e.pk: e for e in show.extras.filter(pk__in=wanted, offered=True).select_related("product")}
    if refused := _not_like_that(wanted, offered):
        return refused
    if wanted == {line.extra_id: line.quantity for line in hold.extras.all()}:
        return chosen(hold)
    try:
        _change(show, hold, [(offered[id], units) for id, units in sorted(wanted.items())], now)
    except Short as short:
        return _refused(short.refused, offered.values())
    return chosen(hold)


def _not_like_that(wanted: Mapping[int, int], offered: Mapping[int, Extra]) -> Refused | None:
    if unknown := [id for id in wanted if id not in offered]:
        return Refused(code="unknown_extras", message="This show does not offer that any more.", short=dict.fromkeys(unknown, 0))
    if many := [offered[id] for id, units in wanted.items() if units > offered[id].most]:
        told = "; ".join(f"{extra}: at most {extra.most}" for extra in many)
        return Refused(code="too_many_extras", message=f"{told}.", short={extra.pk: extra.most for extra in many})
    return None


@transaction.atomic
def _change(show: Show, hold: Hold, wanted: Sequence[tuple[Extra, int]], now: datetime) -> None:
    """Raises Short."""
    _lock([hold], {extra.product_id for extra, _ in wanted})
    _release([hold])
    hold.extras.all().delete()
    ExtraLine.objects.bulk_create(ExtraLine(hold=hold, extra=e, quantity=units, price=e.product.price) for e, units in wanted)
    hold.reservation_id = _reserve(show, hold, [Wanted(e.product.sku, units) for e, units in wanted], now) if wanted else None
    hold.save(update_fields=["reservation"])


def _reserve(show: Show, hold: Hold, wanted: Sequence[Wanted], now: datetime) -> uuid.UUID:
    request = reserving.Request(f"hold:{hold.pk}:{uuid.uuid4().hex[:12]}", show.tenant.slug, wanted, _ttl(hold, now))
    (answer,) = reserving.within([request])
    if isinstance(answer, stock.Refused):
        raise Short(answer)
    return answer.reservation


def _ttl(hold: Hold, now: datetime) -> timedelta:
    return min(max(hold.expires_at - now, settling.SHORTEST), settling.LONGEST)


def _refused(said: stock.Refused, extras: Collection[Extra]) -> Refused:
    left = {line.sku: line.left or 0 for line in said.lines}
    short = {extra.pk: left[extra.product.sku] for extra in extras if extra.product.sku in left}
    told = "; ".join(f"{e}: {f'only {short[e.pk]} left' if short[e.pk] else 'sold out'}" for e in extras if e.pk in short)
    return Refused(code="extras_gone", message=f"{told}. Your seats are not touched by that.", short=short)


def chosen(hold: Hold) -> Chosen:
    return Chosen(hold=hold.pk, extras={line.extra_id: line.quantity for line in hold.extras.all()}, total=sum_of(hold.extras.all()))


def sum_of(lines: Collection[ExtraLine]) -> Decimal:
    return sum((line.cost for line in lines), Decimal(0))


def lock(holds: Collection[Hold]) -> None:
    """Before several holds of one transaction are settled one after the other."""
    _lock(holds, set())


def _lock(holds: Collection[Hold], products: set[int]) -> None:
    reservations = [hold.reservation_id for hold in holds if hold.reservation_id]
    if reservations:
        products |= set(ReservationLine.objects.filter(reservation__in=reservations).values_list("product", flat=True))
        # What is reserved anew may have lost its lines meanwhile.
        products |= set(ExtraLine.objects.filter(hold__in=holds).values_list("extra__product", flat=True))
    if products:
        levels.lock(products)


def prolong(holds: Collection[Hold], now: datetime) -> None:
    """As long as the seats. What is over meanwhile is reserved anew with the booking, if it is still there."""
    having = [hold for hold in holds if hold.reservation_id]
    lock(having)
    for hold in having:
        if hold.reservation_id:
            try:
                settling.extend(hold.show.tenant, hold.reservation_id, _ttl(hold, now))
            except InvalidState:
                continue


def release(holds: Collection[Hold]) -> None:
    """Their seats were let go of."""
    lock(holds)
    _release(holds)


def _release(holds: Collection[Hold]) -> None:
    for hold in holds:
        if hold.reservation_id and Reservation.objects.filter(pk=hold.reservation_id, state=Reservation.State.ACTIVE).exists():
            settling.release(hold.show.tenant, hold.reservation_id)


def sell(show: Show, hold: Hold, now: datetime) -> Refused | None:
    """Sold with the booking that follows in this transaction. A reservation that is over is made anew; refused where stock has no more."""
    if hold.reservation_id is None:
        return None
    try:
        settling.confirm(show.tenant, hold.reservation_id)
    except InvalidState:
        return _sell_late(show, hold, now)
    return None


def _sell_late(show: Show, hold: Hold, now: datetime) -> Refused | None:
    lines = list(hold.extras.select_related("extra__product"))
    try:
        with transaction.atomic():
            fresh = _reserve(show, hold, [Wanted(line.extra.product.sku, line.quantity) for line in lines], now)
            settling.confirm(show.tenant, fresh)
    except Short as short:
        return _refused(short.refused, [line.extra for line in lines])
    hold.reservation_id = fresh
    hold.save(update_fields=["reservation"])
    return None


def take_some_back(booking: Booking, line: ExtraLine, units: int, now: datetime) -> None:
    """So many units of a line are there for others again. The products of the booking's holds are locked."""
    if line.hold.reservation_id:
        why = f"booking {booking.number} wants them no more"
        returning.take_back_some(booking.tenant, line.hold.reservation_id, line.extra.product_id, units, why=why)
    if units < line.quantity:
        line.quantity -= units
    else:
        line.cancelled_at = now
    line.save(update_fields=["quantity", "cancelled_at"])


def take_back(booking: Booking, now: datetime, reason: str = "") -> None:
    """The booking is cancelled: what it had of stock is there for others again."""
    lines = list(booking.extras.filter(cancelled_at=None).select_related("hold"))
    holds = {line.hold_id: line.hold for line in lines}.values()
    lock(holds)
    for hold in holds:
        if hold.reservation_id:
            returning.take_back(booking.tenant, hold.reservation_id, why=reason or f"booking {booking.number} cancelled")
    booking.extras.filter(pk__in=[line.pk for line in lines]).update(cancelled_at=now)
