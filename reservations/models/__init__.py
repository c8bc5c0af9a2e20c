"""The tables of seats."""

from reservations.models.booking import Booking, DoubleEntry, Entry, Ticket
from reservations.models.document import Letter, SigningKey, TicketDocument
from reservations.models.extra import Extra, ExtraLine
from reservations.models.hold import Hold
from reservations.models.seat import Area, Block, Row, Seat, Section
from reservations.models.show import Show, ShowSeat, Zone
from reservations.models.venue import SeatMap, Venue
from reservations.models.waiting import RoomPace, RoomPlace, WaitingEntry

__all__ = [
    "Area",
    "Block",
    "Booking",
    "DoubleEntry",
    "Entry",
    "Extra",
    "ExtraLine",
    "Hold",
    "Letter",
    "RoomPace",
    "RoomPlace",
    "Row",
    "Seat",
    "SeatMap",
    "Section",
    "Show",
    "ShowSeat",
    "SigningKey",
    "Ticket",
    "TicketDocument",
    "Venue",
    "WaitingEntry",
    "Zone",
]
