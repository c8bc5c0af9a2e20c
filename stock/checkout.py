"""The jobs of the checkout: reserve, many at once; confirm, release, extend."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from jobs.core.errors import ConveyorError
from jobs.declare import Backoff, Call, JobContext, Payload, batch_job, chore, job
from stock import selling
from stock.models import Reservation
from stock.services import expiry, reserving, settling
from stock.services.allocation import Rule, Wanted
from stock.services.answers import Refused, Reserved
from stock.services.reserving import Request

QUICK = Backoff(first=timedelta(milliseconds=100), ceiling=timedelta(seconds=5), max_attempts=5)
MOST_UNITS = 1_000_000


class Line(Payload):
    sku: Annotated[str, Field(min_length=1, max_length=60)]
    quantity: Annotated[int, Field(ge=1, le=MOST_UNITS)]
    location: Annotated[str, Field(max_length=60)] = ""


class Reserve(Payload):
    """`ttl` in seconds. `rule`: `split` over places, `whole` from one, or `there`, at the line's location alone."""

    lines: Annotated[list[Line], Field(min_length=1, max_length=50)]
    ttl: Annotated[int, Field(ge=settling.SHORTEST.seconds, le=settling.LONGEST.seconds)] = 600
    rule: Rule = Rule.SPLIT
    customer: int | None = None


class Settle(Payload):
    reservation: UUID
    by: int | None = None


class Extend(Settle):
    ttl: Annotated[int, Field(ge=settling.SHORTEST.seconds, le=settling.LONGEST.seconds)]


class Settled(BaseModel):
    """`code` and `detail` say why it could not be; then `state` is what it stays."""

    reservation: UUID
    state: str
    expires_at: str = ""
    code: str = ""
    detail: str = ""


@batch_job("stock.reserve", size=reserving.MOST, queue="checkout", priority=8, timeout=timedelta(seconds=30), retry=QUICK, internal=True)
def reserve(calls: Sequence[Call[Reserve]]) -> Sequence[Reserved | Refused | Exception]:
    """Reserve units for a while."""
    return reserving.apply([_request(call) for call in calls])


def _request(call: Call[Reserve]) -> Request:
    payload = call.payload
    lines = [Wanted(line.sku, line.quantity, line.location) for line in payload.lines]
    return Request(call.ctx.reference, call.ctx.tenant, lines, timedelta(seconds=payload.ttl), payload.customer, payload.rule)


@job("stock.confirm", queue="checkout", priority=9, timeout=timedelta(seconds=30), retry=QUICK, internal=True)
def confirm(ctx: JobContext, payload: Settle) -> Settled:
    """Sell what is reserved."""
    try:
        return _settled(selling.confirm(ctx.tenant, payload.reservation, payload.by))
    except ConveyorError as error:
        return _refused(payload, error)


@job("stock.release", queue="checkout", priority=7, timeout=timedelta(seconds=30), retry=QUICK, internal=True)
def release(ctx: JobContext, payload: Settle) -> Settled:
    """Give back what is reserved."""
    try:
        return _settled(settling.release(ctx.tenant, payload.reservation))
    except ConveyorError as error:
        return _refused(payload, error)


@job("stock.extend", queue="checkout", priority=7, timeout=timedelta(seconds=30), retry=QUICK, internal=True)
def extend(ctx: JobContext, payload: Extend) -> Settled:
    """Keep a reservation longer."""
    try:
        return _settled(settling.extend(ctx.tenant, payload.reservation, timedelta(seconds=payload.ttl)))
    except ConveyorError as error:
        return _refused(payload, error)


def _settled(row: Reservation) -> Settled:
    return Settled(reservation=row.pk, state=row.state_now(), expires_at=row.expires_at.isoformat())


def _refused(payload: Settle, error: ConveyorError) -> Settled:
    """A refusal of the domain is a result: another try would say the same."""
    row = Reservation.objects.filter(pk=payload.reservation).first()
    return Settled(reservation=payload.reservation, state=row.state_now() if row else "", code=error.code, detail=error.detail)


@chore(every=timedelta(seconds=1))
def sweep() -> int:
    """Reservations whose time is over."""
    return expiry.sweep()
