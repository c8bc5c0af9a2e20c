"""How amounts of money are written."""

from decimal import Decimal

SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}


def written(amount: Decimal | float | None, currency: str) -> str:
    """€48.00, or 48.00 CHF where the currency has no sign of its own."""
    sign, told = SIGNS.get(currency), f"{Decimal(amount or 0):,.2f}"
    return f"{sign}{told}" if sign else f"{told} {currency}"
