"""The tickets of a booking, and the way to the door, wherever a page shows one."""

from typing import Any

from django import template

from reservations.models import Booking, Entry
from reservations.queries import seating
from reservations.services import roles

register = template.Library()


@register.inclusion_tag("seats/booking_tickets.html")
def booking_tickets(booking: Booking) -> dict[str, Any]:
    """Links to each valid ticket, the PDF, the cards and the calendar entry."""
    rows = booking.tickets.filter(cancelled_at=None).select_related(*seating.WITH_PLACE)
    used = set(Entry.objects.filter(ticket__in=rows).values_list("ticket_id", flat=True))
    tickets = [{"row": t, "where": seating.in_words(seating.described(t.show_seat)), "used": t.pk in used} for t in rows]
    return {"booking": booking, "tickets": tickets}


@register.simple_tag
def at_the_door(user: Any) -> bool:
    """Whether this person checks tickets."""
    return roles.DOOR in roles.groups_of(user)
