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


received = event("stock.received", StockReceived)
ordered = event("stock.ordered", StockOrdered)
filled = event("stock.filled", StockFilled)
