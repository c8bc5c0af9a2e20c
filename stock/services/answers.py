"""What a request for units is told: reserved until when, or refused and what is left."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.conf import settings
from pydantic import BaseModel

from stock.models import Refusal, Reservation
from stock.services.allocation import Shelf, Short, Taken


class ReservedLine(BaseModel):
    """`location` is empty for units that are owed until they arrive; `price` is that of one."""

    sku: str
    quantity: int
    location: str = ""
    price: Decimal


class Reserved(BaseModel):
    answer: Literal["reserved"] = "reserved"
    reservation: UUID
    expires_at: datetime
    currency: str
    lines: list[ReservedLine]


class RefusedLine(BaseModel):
    sku: str
    wanted: int | None = None
    left: int | None = None


class Refused(BaseModel):
    """`out_of_stock`: each line that falls short, with what is left. `unknown_product`: no such thing is for sale."""

    answer: Literal["refused"] = "refused"
    code: Literal["out_of_stock", "unknown_product"]
    detail: str
    lines: list[RefusedLine]


def reserved(id: object, expires_at: datetime, taken: Sequence[Taken], shelves: Iterable[Shelf]) -> Reserved:
    by_product = {shelf.product: shelf for shelf in shelves}
    places = {(shelf.product, place): name for shelf in by_product.values() for name, place in shelf.names.items()}
    lines = [
        ReservedLine.model_construct(
            sku=by_product[entry.product].sku,
            quantity=entry.quantity,
            location=places.get((entry.product, entry.location or 0), ""),
            price=entry.price,
        )
        for entry in taken
    ]
    return Reserved.model_construct(reservation=id, expires_at=expires_at, currency=settings.CURRENCY, lines=lines)


def refused(short: Sequence[Short]) -> Refused:
    lines = [RefusedLine.model_construct(sku=entry.sku, wanted=entry.wanted, left=max(entry.left, 0)) for entry in short]
    said = "; ".join(f"{line.sku}: {line.wanted} wanted, {line.left} left" for line in lines)
    return Refused.model_construct(code="out_of_stock", detail=f"Not enough is left. {said}.", lines=lines)


def unknown(skus: Sequence[str]) -> Refused:
    return Refused(code="unknown_product", detail=f"Not for sale: {', '.join(skus)}.", lines=[RefusedLine(sku=sku) for sku in skus])


def recall(known: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Reserved | Refused]:
    """The answers that were given to requests before, by tenant and reference."""
    wanted = set(known)
    if not wanted:
        return {}
    references = [reference for _, reference in wanted]
    found: dict[tuple[str, str], Reserved | Refused] = {}
    for row in (
        Reservation.objects.filter(reference__in=references).select_related("tenant").prefetch_related("lines__product", "lines__location")
    ):
        found[row.tenant.slug, row.reference] = of_reservation(row)
    short: dict[tuple[str, str], list[Short]] = {}
    for refusal in Refusal.objects.filter(reference__in=references).select_related("tenant", "product").order_by("product__sku"):
        entry = Short(refusal.product_id, refusal.product.sku, refusal.wanted, refusal.left)
        short.setdefault((refusal.tenant.slug, refusal.reference), []).append(entry)
    return found | {key: refused(entries) for key, entries in short.items()}


def of_reservation(row: Reservation) -> Reserved:
    lines = [
        ReservedLine(sku=line.product.sku, quantity=line.quantity, location=line.location.name if line.location else "", price=line.price)
        for line in row.lines.all()
    ]
    return Reserved(reservation=row.pk, expires_at=row.expires_at, currency=row.currency, lines=lines)
