"""The staff's pages, listed once: for their menu and their start page."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from stock.services import roles


@dataclass(frozen=True, slots=True)
class Room:
    """`view` is a name that reverse() knows."""

    view: str
    title: str
    text: str
    role: str = roles.CLERK


ROOMS = (
    Room("desk", "Start", "What needs doing."),
    Room("receive", "Receive", "Scan what has come."),
    Room("take-back", "Take back", "What a customer returns."),
    Room("transfer", "Transfer", "Bring units from one place to another."),
    Room("adjust", "Adjust", "Broken, lost, found: correct the books, and say why.", roles.MANAGER),
    Room("orders", "Orders", "What was ordered from suppliers, and what of it has come."),
    Room("stocktakes", "Stocktake", "Count what is really there, look at the differences, bring the books to it."),
    Room("ledger", "Ledger", "What lay where at any moment, and every movement."),
    Room("audit", "Audit", "Whether every level equals the ledger; what to do where one does not."),
    Room("report", "Report", "What the stock is worth, how it turns and how old it is."),
    Room("low", "Low stock", "Products of which fewer are left than there should be."),
    Room("replenish", "Replenish", "What to order, from demand, lead time and safety stock."),
    Room("suppliers", "Suppliers", "Who delivers, and where orders are mailed."),
    Room("locations", "Locations", "The tree of places, and what lies in each."),
    Room("products", "Products", "What is sold, at what price, and how much of it lies where."),
    Room("import", "Import", "Bring a supplier's price list in, checked line by line."),
    Room("documents", "Exports", "Products, movements and orders as CSV or XLSX; files to download."),
    Room("bulk", "Bulk change", "Many prices or quantities at once: look first, then change.", roles.MANAGER),
)


def of(user: Any) -> list[Room]:
    held = roles.groups_of(user)
    return [room for room in ROOMS if room.role in held]


def doors(user: Any, path: str) -> list[tuple[Room, str, str]]:
    """Each of a person's rooms with its address and its aria-current: the page at `path`, or the room that the page is part of."""
    found = [(room, reverse(room.view)) for room in of(user)]
    here = max((address for _, address in found if path.startswith(address)), key=len, default="")
    return [(room, address, ("page" if address == path else "true") if address == here else "") for room, address in found]
