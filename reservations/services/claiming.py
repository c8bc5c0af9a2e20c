"""A guest signs in: what they hold, have booked and wait for belongs to the account from then on."""

from typing import Any

from django.db import transaction

from reservations.models import Booking, Hold, RoomPlace, WaitingEntry


@transaction.atomic
def claim(visitor: str, user: Any) -> None:
    """Everything of that visitor becomes the user's; a place in a waiting room unless they have one of their own."""
    buyer = f"user:{user.pk}"
    for kind in (Booking, Hold, WaitingEntry):
        kind.objects.filter(buyer=visitor).update(buyer=buyer, owner=user)
    theirs = RoomPlace.objects.filter(visitor=buyer).values("show")
    RoomPlace.objects.filter(visitor=visitor).exclude(show__in=theirs).update(visitor=buyer)


def claim_booking(booking: Booking, user: Any) -> None:
    """One booking that a link opened."""
    Booking.objects.filter(pk=booking.pk, owner=None).update(buyer=f"user:{user.pk}", owner=user)
