"""Extras over HTTP: what a show offers beside its seats, choosing it for a hold, offering it."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from jobs.api import waiting
from jobs.api.schemas import Camel
from jobs.core.errors import NotFound
from jobs.models.tenant import Scope
from reservations import tasks
from reservations.api.guests import BUYERS
from reservations.api.submitting import actor, show_of, submit
from reservations.queries import extras
from reservations.services import roles, shows
from reservations.services.roles import BOX_OFFICE

router = Router(tags=["seats"], auth=BUYERS)


class OfferOut(Camel):
    """`left`: how many one may choose now."""

    id: int
    sku: str
    name: str
    price: Decimal
    left: int


class ChooseIn(Camel):
    """How many of each, by the id of the extra; what is not named is given back."""

    extras: dict[int, Annotated[int, Field(ge=0, le=100)]] = Field(max_length=50)


class OfferIn(Camel):
    most: int = Field(default=10, ge=1, le=100)


@router.get("/shows/{int:show}/extras", response=list[OfferOut], by_alias=True)
def offered(request: HttpRequest, show: int) -> Any:
    """What is sold beside the seats."""
    return extras.offers(show_of(request, Scope.READ, show))


@router.post("/shows/{int:show}/holds/{uuid:hold}/extras", response=waiting.RESPONSES, by_alias=True)
def choose(request: HttpRequest, response: HttpResponse, show: int, hold: UUID, body: ChooseIn) -> Any:
    """Reserve extras with a hold: all of them, or what it had stays."""
    data = {**body.model_dump(), "hold": hold, "buyer": actor(request)}
    return submit(request, response, tasks.choose_extras, show_of(request, Scope.SUBMIT, show), data)


@router.put("/shows/{int:show}/extras/{str:sku}", response=list[OfferOut], by_alias=True)
def offer(request: HttpRequest, show: int, sku: str, body: OfferIn) -> Any:
    """Sell a product of stock with the show; for the box office."""
    found = show_of(request, Scope.SUBMIT, show)
    roles.need(request, BOX_OFFICE)
    shows.offer(found, sku, body.most)
    return extras.offers(found)


@router.delete("/shows/{int:show}/extras/{str:sku}", response={204: None})
def withdraw(request: HttpRequest, show: int, sku: str) -> Any:
    """Offer it no more; what is sold stays sold."""
    found = show_of(request, Scope.SUBMIT, show)
    roles.need(request, BOX_OFFICE)
    extra = found.extras.filter(product__sku=sku).first()
    if extra is None:
        raise NotFound(f"The show has no extra {sku}.")
    shows.withdraw(extra)
    return Status(204, None)
