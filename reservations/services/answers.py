"""What the jobs of seats answer. A refusal is an answer, not a failure; its `code` is stable."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class Held(BaseModel):
    """`leaves_single`: seats that this choice would leave alone; only told for a draft."""

    outcome: Literal["held"] = "held"
    hold: UUID
    seats: list[int]
    expires_at: datetime
    ceiling_at: datetime
    now: datetime
    leaves_single: list[int] = []
    alternative: list[int] = []


class Refused(BaseModel):
    """`taken`: which of the wanted seats are gone. `alternative`: seats to take instead. `left`: when sold out, how many are free.

    `short`: of which extras fewer can be had, by id, and how many.
    """

    outcome: Literal["refused"] = "refused"
    code: str
    message: str
    taken: list[int] = []
    alternative: list[int] = []
    left: int | None = None
    short: dict[int, int] = {}


class Released(BaseModel):
    outcome: Literal["released"] = "released"
    seats: list[int]


class Chosen(BaseModel):
    """What goes with a hold beside its seats: how many of each extra, by id. `total`: what they cost."""

    outcome: Literal["chosen"] = "chosen"
    hold: UUID
    extras: dict[int, int]
    total: Decimal


class Booked(BaseModel):
    """`moved`: the hold was over and its seats gone; these are as good or better."""

    outcome: Literal["booked"] = "booked"
    booking: UUID
    number: str
    seats: list[int]
    total: Decimal
    moved: bool = False


class Cancelled(BaseModel):
    outcome: Literal["cancelled"] = "cancelled"
    booking: UUID
    seats: list[int]


class GivenBack(BaseModel):
    """How many of each extra the booking has now, by SKU, and what all of it costs."""

    outcome: Literal["given_back"] = "given_back"
    booking: UUID
    extras: dict[str, int]
    total: Decimal


class CalledOff(BaseModel):
    """How many bookings were given back. `kept`: of those somebody had come in with. `waiting`: who was told on the waiting list."""

    outcome: Literal["called_off"] = "called_off"
    show: int
    bookings: int
    kept: int
    waiting: int


class Overridden(BaseModel):
    """`bookings`: those that lost a ticket by it."""

    outcome: Literal["overridden"] = "overridden"
    seats: list[int]
    bookings: list[UUID] = []


class Waits(BaseModel):
    """A party's place on the waiting list. `hold`: what it is offered."""

    outcome: Literal["waits"] = "waits"
    entry: UUID
    state: str
    ahead: int
    hold: UUID | None = None


class Left(BaseModel):
    outcome: Literal["left"] = "left"
    entry: UUID
