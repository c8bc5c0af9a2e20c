"""The events of stock, each declared once."""

from pydantic import BaseModel

from jobs.declare import event


class StockReceived(BaseModel):
    """Units have come in."""

    sku: str
    location: str
    quantity: int
    order: int | None = None


class StockOrdered(BaseModel):
    """A purchase order was sent."""

    order: int
    supplier: str
    lines: int
    units: int


class StockFilled(BaseModel):
    """Units that were owed to a reservation have come, and are kept for it or sold."""

    reservation: str
    sku: str
    location: str
    quantity: int


class StockCounted(BaseModel):
    """A stocktake was applied: so many units more and fewer than the books said."""

    stocktake: int
    location: str
    lines: int
    more: int
    fewer: int


class StockLow(BaseModel):
    """So few are left that an alert was asked for; told once for each crossing."""

    sku: str
    left: int
    low_at: int


class Reserving(BaseModel):
    sku: str
    quantity: int


class StockReserved(BaseModel):
    """Units are kept for a reservation; the subject is the reservation."""

    reservation: str
    expires_at: str
    lines: list[Reserving]


class StockRefused(BaseModel):
    """Requests for a product could not be met: how many, of how many units together, and what was left. One event for all that
    were answered at once; each stands in the refusals."""

    sku: str
    requests: int
    wanted: int
    left: int


class StockSettled(BaseModel):
    """A reservation ended: sold, given back, or over; the subject is the reservation."""

    reservation: str


class StockAvailable(BaseModel):
    """So many of a product are free for a reservation now; the subject is the product."""

    sku: str
    available: int


received = event("stock.received", StockReceived)
ordered = event("stock.ordered", StockOrdered)
filled = event("stock.filled", StockFilled)
counted = event("stock.counted", StockCounted)
low = event("stock.low", StockLow)
reserved = event("stock.reserved", StockReserved)
refused = event("stock.refused", StockRefused)
settled = {name: event(f"stock.{name}", StockSettled) for name in ("confirmed", "released", "expired")}
# The shop's pages listen: what is for sale is no secret.
available = event("stock.available", StockAvailable, public=True)
