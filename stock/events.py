"""The events of the warehouse, each declared once."""

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


received = event("stock.received", StockReceived)
ordered = event("stock.ordered", StockOrdered)
filled = event("stock.filled", StockFilled)
counted = event("stock.counted", StockCounted)
low = event("stock.low", StockLow)
