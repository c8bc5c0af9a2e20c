"""What a door takes along: the keys that check a code, and every ticket of the show with what became of it."""

import base64
from typing import Any

from reservations.models import DoubleEntry, Entry, Show, Ticket
from reservations.queries import extras, seating
from reservations.services import signing


def list_of(show: Show) -> dict[str, Any]:
    """As JSON values: `tickets` by id, void ones too, so that a door without a network refuses them."""
    rows = Ticket.objects.filter(booking__show=show).select_related("booking", *seating.WITH_PLACE)
    beside = extras.of_show(show)
    entered = dict(Entry.objects.filter(ticket__booking__show=show).values_list("ticket_id", "at"))
    return {
        "show": show.pk,
        "name": show.name,
        "keys": {id: base64.b64encode(public).decode() for id, public in signing.public_keys().items()},
        "tickets": {
            str(t.pk): {
                "short": t.short.replace("-", ""),
                "where": seating.in_words(seating.described(t.show_seat)),
                "name": t.booking.name,
                "beside": beside.get(t.booking_id, ""),
                "void": t.cancelled_at is not None,
                "entered_at": entered.get(t.pk),
            }
            for t in rows
        },
    }


def counts_of(show: Show) -> dict[str, int]:
    """How many are in, how many were sold, how many came in twice."""
    valid = Ticket.objects.filter(booking__show=show, cancelled_at=None)
    return {
        "entered": Entry.objects.filter(ticket__booking__show=show).count(),
        "sold": valid.count(),
        "doubled": DoubleEntry.objects.filter(ticket__booking__show=show).count(),
    }
