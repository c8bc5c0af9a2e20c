"""The jobs of seats. Those that hold and book are performed together, show by show, on the queue of the checkout."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import Field, model_validator

from jobs.declare import Backoff, Call, JobContext, Payload, batch_job, chore, job
from reservations import delivery as delivery
from reservations import offers as offers
from reservations.core.picker import Want
from reservations.services import bookings, calling_off, extras, giving_back, holding, releasing, waiting_list, waiting_room
from reservations.services.answers import Booked, CalledOff, Cancelled, Chosen, GivenBack, Held, Left, Overridden, Refused, Released, Waits

SOON = Backoff(max_attempts=5, first=timedelta(milliseconds=100), ceiling=timedelta(seconds=5))
MOMENT = timedelta(seconds=30)
Answer = TypeVar("Answer")


Name = Annotated[str, Field(min_length=1, max_length=120)]
Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


def _not_more_wheelchairs(party: "Best | JoinWaiting") -> "Best | JoinWaiting":
    if party.accessible > party.size:
        raise ValueError("accessible is at most size")
    return party


class Best(Payload):
    """So many seats, chosen for the buyer. `area`: places to stand; `accessible`: how many use a wheelchair."""

    size: int = Field(ge=1, le=20)
    zones: list[int] = []
    area: int | None = None
    accessible: int = Field(default=0, ge=0, le=20)
    together: bool = False

    _fits = model_validator(mode="after")(_not_more_wheelchairs)

    def want(self) -> Want:
        return Want(self.size, frozenset(self.zones), self.area, self.accessible, self.together)


class Hold(Payload):
    """`seats` or `best`; with `hold` in addition to it. `exchanges`: meant for seats of that booking. An empty buyer is staff."""

    show: int
    buyer: str = Field(max_length=120)
    seats: list[int] = Field(default=[], max_length=100)
    best: Best | None = None
    hold: UUID | None = None
    draft: bool = False
    accessible: bool = False
    user: int | None = None
    exchanges: UUID | None = None


class Release(Payload):
    show: int
    hold: UUID
    buyer: str = Field(max_length=120)
    seats: list[int] | None = Field(default=None, max_length=100)


class Extend(Payload):
    show: int
    hold: UUID
    buyer: str = Field(max_length=120)


class ChooseExtras(Payload):
    """How many of each extra go with a hold, by id; one that is not named is given back."""

    show: int
    hold: UUID
    buyer: str = Field(max_length=120)
    extras: dict[int, Annotated[int, Field(ge=0, le=100)]] = Field(max_length=50)


class Confirm(Payload):
    show: int
    hold: UUID
    buyer: str = Field(max_length=120)
    name: Name
    email: Email


class Cancel(Payload):
    show: int
    booking: UUID
    buyer: str = Field(max_length=120)
    reason: str = Field(default="", max_length=200)


class GiveBack(Payload):
    """How many of each extra stay with a booking, by SKU; of what is not named all do."""

    show: int
    booking: UUID
    buyer: str = Field(max_length=120)
    keep: dict[Annotated[str, Field(max_length=64)], Annotated[int, Field(ge=0, le=10_000)]] = Field(min_length=1, max_length=50)


class Exchange(Payload):
    """`give` are seats of the booking, for those of the hold, which `holder` has if it is not the buyer of the booking."""

    show: int
    booking: UUID
    buyer: str = Field(max_length=120)
    give: list[int] = Field(min_length=1, max_length=100)
    hold: UUID
    holder: str = Field(default="", max_length=120)


class Override(Payload):
    """What the staff do, with a reason."""

    show: int
    seats: list[int] = Field(min_length=1, max_length=20_000)
    act: Literal["block", "free"]
    reason: str = Field(min_length=1, max_length=200)
    user: int | None = None


class JoinWaiting(Payload):
    """A party that waits. `zones`: where it would sit, none named: anywhere; `together`: side by side or not at all."""

    size: int = Field(ge=1, le=20)
    zones: list[int] = []
    together: bool = True
    accessible: int = Field(default=0, ge=0, le=20)
    show: int
    buyer: str = Field(max_length=120)
    user: int | None = None
    name: Name
    email: Email

    _fits = model_validator(mode="after")(_not_more_wheelchairs)


class CancelShow(Payload):
    show: int
    reason: str = Field(min_length=1, max_length=200)


class LeaveWaiting(Payload):
    show: int
    entry: UUID
    buyer: str = Field(max_length=120)


@batch_job("seats.hold", queue="checkout", priority=8, timeout=MOMENT, retry=SOON, internal=True)
def hold(calls: Sequence[Call[Hold]]) -> Sequence[Held | Refused]:
    """Hold seats for a buyer: those chosen, or the best that fit."""

    def request(call: Call[Hold]) -> holding.Request:
        p = call.payload
        best = p.best.want() if p.best else None
        return holding.Request(call.ctx.reference, p.buyer, p.seats, best, p.hold, p.draft, p.accessible, p.user, p.exchanges)

    return _by_show(calls, lambda show, group: holding.hold(show, [request(c) for c in group]))


@batch_job("seats.release", queue="checkout", priority=6, timeout=MOMENT, retry=SOON, internal=True)
def release(calls: Sequence[Call[Release]]) -> Sequence[Released | Refused]:
    """Let go of a hold, or of some of its seats."""
    return _by_show(
        calls,
        lambda show, group: releasing.release(show, [releasing.Request(c.payload.hold, c.payload.buyer, c.payload.seats) for c in group]),
    )


@batch_job("seats.extend", queue="checkout", priority=7, timeout=MOMENT, retry=SOON, internal=True)
def extend(calls: Sequence[Call[Extend]]) -> Sequence[Held | Refused]:
    """Keep a hold for longer, up to its ceiling."""

    def request(call: Call[Extend]) -> holding.Request:
        return holding.Request(call.ctx.reference, call.payload.buyer, hold=call.payload.hold, draft=None, accessible=True)

    return _by_show(calls, lambda show, group: holding.hold(show, [request(c) for c in group]))


@job("seats.choose_extras", queue="checkout", priority=7, timeout=MOMENT, retry=SOON, internal=True)
def choose_extras(ctx: JobContext, payload: ChooseExtras) -> Chosen | Refused:
    """Reserve what goes with held seats."""
    return extras.choose(payload.show, extras.Choice(payload.hold, payload.buyer, payload.extras))


@batch_job("seats.confirm", queue="checkout", priority=9, timeout=MOMENT, retry=SOON, internal=True)
def confirm(calls: Sequence[Call[Confirm]]) -> Sequence[Booked | Refused]:
    """Book what is held."""

    def request(p: Confirm) -> bookings.Confirm:
        return bookings.Confirm(p.hold, p.buyer, p.name, p.email)

    return _by_show(calls, lambda show, group: bookings.confirm(show, [request(c.payload) for c in group]))


@job("seats.cancel", queue="checkout", timeout=MOMENT, retry=SOON, internal=True)
def cancel(ctx: JobContext, payload: Cancel) -> Cancelled | Refused:
    """Give a booking back."""
    return bookings.cancel(payload.show, payload.booking, payload.buyer, payload.reason)


@job("seats.give_back", queue="checkout", timeout=MOMENT, retry=SOON, internal=True)
def give_back(ctx: JobContext, payload: GiveBack) -> GivenBack | Refused:
    """Give extras of a booking back."""
    return giving_back.give_back(payload.show, payload.booking, payload.buyer, payload.keep)


@job("seats.exchange", queue="checkout", timeout=MOMENT, retry=SOON, internal=True)
def exchange(ctx: JobContext, payload: Exchange) -> Booked | Refused:
    """Change seats of a booking for those of a hold."""
    return bookings.exchange(payload.show, payload.booking, payload.buyer, payload.give, payload.hold, payload.holder)


@job("seats.override", queue="checkout", timeout=MOMENT, retry=SOON, internal=True)
def override(ctx: JobContext, payload: Override) -> Overridden | Refused:
    """Block seats, or put them back on sale, by the staff."""
    act = {"block": releasing.block, "free": releasing.free}[payload.act]
    return act(payload.show, payload.seats, payload.reason)


@job("seats.join_waiting", queue="checkout", timeout=MOMENT, retry=SOON, internal=True)
def join_waiting(ctx: JobContext, payload: JoinWaiting) -> Waits | Refused:
    """Put a party on the waiting list."""
    p = payload
    request = waiting_list.Join(p.buyer, p.user, p.name, p.email, p.size, p.zones, p.together, p.accessible)
    return waiting_list.join(p.show, request)


@job("seats.leave_waiting", queue="checkout", timeout=MOMENT, retry=SOON, internal=True)
def leave_waiting(ctx: JobContext, payload: LeaveWaiting) -> Left | Refused:
    """Take a party off the waiting list."""
    return waiting_list.leave(payload.show, payload.entry, payload.buyer)


@job("seats.cancel_show", queue="bulk", timeout=timedelta(minutes=30), retry=Backoff(max_attempts=5), internal=True)
def cancel_show(ctx: JobContext, payload: CancelShow) -> CalledOff:
    """Call a show off: end its sale, give back every booking, tell everybody."""
    ids = calling_off.close(ctx.tenant, payload.show, payload.reason)
    said = [bookings.cancel(payload.show, id, "", payload.reason) for id in ctx.track(ids, total=len(ids), message="Giving bookings back")]
    kept = sum(isinstance(answer, Refused) for answer in said)
    waiting = calling_off.tell_waiting(payload.show, payload.reason)
    return CalledOff(show=payload.show, bookings=len(said) - kept, kept=kept, waiting=waiting)


@chore(every=timedelta(seconds=2))
def sweep() -> int:
    """Holds whose time is over: their rows and the live maps learn it."""
    return len(releasing.expire())


@chore(every=timedelta(seconds=1))
def admit() -> int:
    """Those in waiting rooms whose turn it is."""
    return waiting_room.admit_all()


def _by_show(calls: Sequence[Call[Any]], serve: Callable[[int, list[Call[Any]]], Sequence[Answer]]) -> list[Answer]:
    """The calls of each show together, the shows in one order everywhere; the answers in the order of the calls."""
    groups: dict[int, list[int]] = defaultdict(list)
    for number, call in enumerate(calls):
        groups[call.payload.show].append(number)
    answers: dict[int, Answer] = {}
    for show in sorted(groups):
        answers |= zip(groups[show], serve(show, [calls[n] for n in groups[show]]), strict=True)
    return [answers[number] for number in range(len(calls))]
