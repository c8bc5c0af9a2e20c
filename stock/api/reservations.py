"""Reservations over HTTP: each verb is a job; with `Prefer: wait=N` its answer comes at once."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Header, Router, Status
from pydantic import Field

from jobs.api import waiting
from jobs.api.auth import person_of, require
from jobs.api.errors import problem
from jobs.api.schemas import Accepted, Camel
from jobs.core.errors import InvalidInput, NotFound
from jobs.core.states import State
from jobs.models import Job, Tenant
from jobs.models.tenant import Scope
from stock import checkout
from stock.models import Location, Reservation
from stock.queries import reservations as queries
from stock.services import roles
from stock.services.allocation import Rule

router = Router(tags=["stock"])


class ReserveIn(Camel):
    lines: Annotated[list[checkout.Line], Field(min_length=1, max_length=50)]
    ttl: int = Field(default=600, description="Seconds for which the units are kept.")
    rule: Rule = Rule.SPLIT


class ExtendIn(Camel):
    ttl: int = 600


class LineOut(Camel):
    sku: str
    quantity: int
    location: str = Field(description="Empty for units that are owed until they arrive.")
    price: Decimal = Field(description="Of one, when it was reserved.")


class ReservationOut(Camel):
    id: UUID
    state: str
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    currency: str
    total: Decimal
    lines: list[LineOut]


class ReservationPage(Camel):
    items: list[ReservationOut]
    next: UUID | None


@router.post("/stock/reservations", response={201: ReservationOut, 202: Accepted}, by_alias=True)
def reserve(
    request: HttpRequest,
    response: HttpResponse,
    body: ReserveIn,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)] = None,
) -> Any:
    """Reserve units, all lines or none. 202 with the job; with `Prefer: wait=N` 201, or 409 `out_of_stock` with what is left."""
    tenant = require(request, Scope.SUBMIT)
    payload = _payload(body, request)
    _must_know_places(tenant, body)
    job = checkout.reserve.submit(payload, tenant=tenant, key=idempotency_key, submitted_by=person_of(request))
    ended = waiting.end(request, response, job)
    if ended is None:
        return Status(202, waiting.accepted(job))
    said = _result(ended)
    if said.get("answer") == "refused":
        return problem(409, said["code"], said["detail"], lines=said["lines"], jobId=str(job.pk))
    return Status(201, _out(queries.get(tenant, UUID(said["reservation"]))))


def _payload(body: ReserveIn, request: HttpRequest) -> checkout.Reserve:
    person = person_of(request)
    try:
        return checkout.Reserve(lines=body.lines, ttl=body.ttl, rule=body.rule, customer=person.pk if person else None)
    except ValueError as error:
        raise InvalidInput("ttl is from 5 to 3600 seconds.", {"ttl": "is out of bounds"}) from error


def _must_know_places(tenant: Tenant, body: ReserveIn) -> None:
    """A name that was typed wrong is no empty shelf. Raises InvalidInput."""
    named = {line.location for line in body.lines if line.location}
    unknown = named - set(Location.objects.filter(tenant=tenant, name__in=named).values_list("name", flat=True)) if named else named
    if unknown:
        places = {f"lines.{n}.location": "is unknown" for n, line in enumerate(body.lines) if line.location in unknown}
        raise InvalidInput(f"There is no location {min(unknown)!r}.", places)


@router.get("/stock/reservations", response=ReservationPage, by_alias=True)
def search(request: HttpRequest, state: str = "", after: UUID | None = None, limit: int = 50) -> Any:
    """Reservations, the newest first: one's own, those that keys have made for a key, everyone's for a clerk."""
    found, cursor = queries.page(_mine(request), state, after, limit)
    return {"items": [_out(row) for row in found], "next": cursor}


@router.get("/stock/reservations/{uuid:id}", response=ReservationOut, by_alias=True)
def get(request: HttpRequest, id: UUID) -> Any:
    """One reservation as it stands this moment."""
    return _out(_seen(request, id))


@router.post("/stock/reservations/{uuid:id}/confirm", response={200: ReservationOut, 202: Accepted}, by_alias=True)
def confirm(request: HttpRequest, response: HttpResponse, id: UUID) -> Any:
    """Sell what is reserved; 409 when its time is over."""
    return _settle(request, response, id, checkout.confirm, checkout.Settle(reservation=id, by=_id(request)))


@router.post("/stock/reservations/{uuid:id}/release", response={200: ReservationOut, 202: Accepted}, by_alias=True)
def release(request: HttpRequest, response: HttpResponse, id: UUID) -> Any:
    """Give back what is reserved."""
    return _settle(request, response, id, checkout.release, checkout.Settle(reservation=id, by=_id(request)))


@router.post("/stock/reservations/{uuid:id}/extend", response={200: ReservationOut, 202: Accepted}, by_alias=True)
def extend(request: HttpRequest, response: HttpResponse, id: UUID, body: ExtendIn) -> Any:
    """Keep it for `ttl` seconds from now, at most four hours from when it was made."""
    try:
        payload = checkout.Extend(reservation=id, by=_id(request), ttl=body.ttl)
    except ValueError as error:
        raise InvalidInput("ttl is from 5 to 3600 seconds.", {"ttl": "is out of bounds"}) from error
    return _settle(request, response, id, checkout.extend, payload)


def _settle(request: HttpRequest, response: HttpResponse, id: UUID, verb: Any, payload: checkout.Settle) -> Any:
    tenant = require(request, Scope.SUBMIT)
    _seen(request, id)
    job = verb.submit(payload, tenant=tenant, submitted_by=person_of(request))
    ended = waiting.end(request, response, job)
    if ended is None:
        return Status(202, waiting.accepted(job))
    said = _result(ended)
    if said.get("code"):
        return problem(409, said["code"], said["detail"])
    return Status(200, _out(queries.get(tenant, id)))


def _result(ended: Job) -> dict[str, Any]:
    """What the job said; a job that died said why."""
    if ended.state == State.SUCCEEDED:
        return dict(ended.result or {})
    return {"answer": "refused", "code": "failed", "detail": f"The job is {ended.state}.", "lines": []}


def _seen(request: HttpRequest, id: UUID) -> Reservation:
    row = _mine(request).filter(pk=id).first()
    if row is None:
        raise NotFound(f"There is no reservation {id}.")
    return row


def _mine(request: HttpRequest) -> QuerySet[Reservation]:
    tenant: Tenant = require(request, Scope.READ)
    rows = queries.of(tenant)
    return rows if roles.CLERK in roles.of_request(request) else rows.filter(customer=_id(request))


def _id(request: HttpRequest) -> int | None:
    return request.user.pk if request.user.is_authenticated else None


def _out(row: Reservation) -> dict[str, Any]:
    lines = [
        {"sku": line.product.sku, "quantity": line.quantity, "price": line.price, "location": line.location.name if line.location else ""}
        for line in row.lines.all()
    ]
    moments = {"made_at": row.made_at, "expires_at": row.expires_at, "ended_at": row.ended_at}
    money = {"currency": row.currency, "total": queries.total(row)}
    return {"id": row.pk, "state": row.state_now(), "lines": lines, **money, **moments}
