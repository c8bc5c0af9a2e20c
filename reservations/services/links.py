"""The secret links of mails: who has one opens what it is of, without signing in. Signed, so nothing that opens anything is kept."""

from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from reservations.models import Booking, WaitingEntry


def to_booking(booking: Booking) -> str:
    """A guest's link opens by itself; that of an account by signing in."""
    if booking.owner_id:
        return f"{reverse('login')}?next={reverse('booking', args=[booking.pk])}"
    return reverse("booking-link", args=[_token("booking", booking.pk)])


def to_entry(entry: WaitingEntry) -> str:
    """The page of a place on the waiting list, where its offer is."""
    if entry.owner_id:
        return f"{reverse('login')}?next={reverse('waiting', args=[entry.show_id])}"
    return reverse("waiting-link", args=[_token("entry", entry.pk)])


def _token(kind: str, id: UUID) -> str:
    return Signer(salt=f"seats.{kind}").sign(id.hex)


def read(kind: str, token: str) -> UUID | None:
    """Of what the link is; None for one that was not made here."""
    try:
        return UUID(Signer(salt=f"seats.{kind}").unsign(token))
    except BadSignature:
        return None
