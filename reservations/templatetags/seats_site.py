"""Times as the clocks of the house show them, prices, places in words."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.dateformat import format as formatted

from jobs.core.money import written
from reservations.models import Venue
from reservations.queries.seating import in_words, line_in_words
from reservations.services import roles

register = template.Library()


@register.filter
def there(at: datetime | None, venue: Venue) -> str:
    """Friday 4 December 2026, 19:30."""
    return formatted(at.astimezone(venue.zone), "l j F Y, H:i") if at else ""


@register.filter
def day_there(at: datetime, venue: Venue) -> str:
    return formatted(at.astimezone(venue.zone), "j")


@register.filter
def month_there(at: datetime, venue: Venue) -> str:
    return formatted(at.astimezone(venue.zone), "M")


@register.filter
def clock_there(at: datetime | None, venue: Venue) -> str:
    return formatted(at.astimezone(venue.zone), "D H:i") if at else ""


register.filter("money", written)
register.filter("place", in_words)
register.filter("line", line_in_words)


@register.filter
def sells(user: Any) -> bool:
    """Whether this is someone of the box office."""
    return roles.BOX_OFFICE in roles.groups_of(user)
