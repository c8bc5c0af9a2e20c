"""What is sold, where it lies, what moved it, who holds it, what was ordered and counted."""

from stock.models.document import Document
from stock.models.drift import Drift
from stock.models.level import Level, Location
from stock.models.movement import Movement
from stock.models.product import Product
from stock.models.proposal import Proposal
from stock.models.purchase import PurchaseLine, PurchaseOrder
from stock.models.reservation import Refusal, Reservation, ReservationLine
from stock.models.snapshot import Snapshot
from stock.models.stocktake import Stocktake, StocktakeLine
from stock.models.supplier import Supplier
from stock.models.upload import Problem, Upload
from stock.models.valuation import Valuation
from stock.models.waiting import WaitingCustomer

__all__ = [
    "Document",
    "Drift",
    "Level",
    "Location",
    "Movement",
    "Problem",
    "Product",
    "Proposal",
    "PurchaseLine",
    "PurchaseOrder",
    "Refusal",
    "Reservation",
    "ReservationLine",
    "Snapshot",
    "Stocktake",
    "StocktakeLine",
    "Supplier",
    "Upload",
    "Valuation",
    "WaitingCustomer",
]
