"""Extras of a booking go back, and the seats stay: within the same time and by the same rules as those."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence

from django.db import transaction

from reservations.models import Booking, ExtraLine
from reservations.services import bookings, extras, floors, news
from reservations.services.answers import GivenBack, Refused


@transaction.atomic
def give_back(show_id: int, booking_id: uuid.UUID, buyer: str, keep: Mapping[str, int]) -> GivenBack | Refused:
    """So many of each of these extras, by SKU, stay with the booking, and the rest is for others. Asked again, nothing more goes."""
    show = floors.lock(show_id)
    booking = Booking.objects.filter(show=show, pk=booking_id).first()
    if refused := bookings.may_not(show, booking, buyer):
        return refused
    assert booking
    if booking.state == Booking.State.CANCELLED:
        return Refused(code="cancelled", message="This booking is cancelled: its extras are back already.")
    lines = list(booking.extras.filter(cancelled_at=None).select_related("extra__product", "hold").order_by("-pk"))
    has = units_of(lines)
    if refused := _not_like_that(booking, keep, has):
        return refused
    back = Counter({sku: has[sku] - units for sku, units in keep.items() if units < has[sku]})
    if back and (refused := bookings.entered(list(booking.tickets.filter(cancelled_at=None)))):
        return refused
    if back:
        _take(booking, lines, back)
    return GivenBack(booking=booking.pk, extras={**has, **keep}, total=booking.total)


def units_of(lines: Sequence[ExtraLine]) -> Counter[str]:
    """How many of each product, by SKU."""
    has: Counter[str] = Counter()
    for line in lines:
        has[line.extra.product.sku] += line.quantity
    return has


def _not_like_that(booking: Booking, keep: Mapping[str, int], has: Counter[str]) -> Refused | None:
    if set(keep) - set(booking.extras.values_list("extra__product__sku", flat=True)):
        return Refused(code="unknown_extras", message="This booking has no such extras.")
    if many := [sku for sku, units in keep.items() if units > has[sku]]:
        told = "; ".join(f"{sku}: {has[sku]}" for sku in many)
        return Refused(code="too_many_extras", message=f"The booking has fewer than should stay ({told}). Others can be bought with seats.")
    return None


def _take(booking: Booking, lines: Sequence[ExtraLine], back: Counter[str]) -> None:
    """What was chosen last goes first."""
    now = floors.look(booking.show_id)[1]
    extras.lock({line.hold_id: line.hold for line in lines}.values())
    for line in lines:
        if units := min(back[line.extra.product.sku], line.quantity):
            back[line.extra.product.sku] -= units
            extras.take_some_back(booking, line, units, now)
    booking.total = booking.total_now()
    booking.revision += 1
    booking.save(update_fields=["total", "revision"])
    news.tell_of_bookings("changed", [booking])
