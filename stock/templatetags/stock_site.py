"""How prices are written, in the shop and in the warehouse."""

from decimal import Decimal

from django import template
from django.conf import settings

from jobs.core.money import written

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str = "") -> str:
    """In the currency of the installation, or in the one that was agreed."""
    return written(amount, currency or settings.CURRENCY)
