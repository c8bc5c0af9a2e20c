"""How the pages of the staff are written."""

from decimal import Decimal

from django import template
from django.http import HttpRequest

from stock.core import costing
from stock.models import Product
from stock.queries import costs
from stock.web import rooms
from stock.web.rooms import Room

register = template.Library()


@register.filter
def doors(request: HttpRequest) -> list[tuple[Room, str, str]]:
    """The pages that this person may work on, with what is open."""
    return rooms.doors(request.user, request.path)


@register.filter
def cost(value: Decimal | None) -> str:
    """What a unit costs, or that it is not known."""
    return "–" if value is None else costing.told(value)


@register.filter
def unit_cost(product: Product) -> Decimal | None:
    return costs.of(product)


@register.filter
def margin(product: Product) -> str:
    """What share of today's price is earned."""
    found = costing.margin(product.price, costs.of(product))
    return "–" if found is None else f"{found} %"
