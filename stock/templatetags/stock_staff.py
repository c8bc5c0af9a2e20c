"""How the pages of the staff are written."""

from typing import Any

from django import template

from stock.web import rooms as listed
from stock.web.rooms import Room

register = template.Library()


@register.filter
def rooms(user: Any) -> list[Room]:
    """The pages that this person may work on."""
    return listed.of(user)
