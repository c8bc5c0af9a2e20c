"""Many prices or quantities changed at once: looked at first, then done, all or none, once."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from pathlib import Path

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.core.errors import Conflict, InvalidInput
from jobs.models import Tenant
from stock.models import Document, Level, Location, Movement, Product
from stock.services import documents, exports, ledger, levels
from stock.services.ledger import Move

CENT = Decimal("0.01")
MOST_MONEY = Decimal("9999999999.99")
Track = Callable[[Iterable["Effect"]], Iterable["Effect"]]


class Kind(StrEnum):
    PRICE_BY = "price_by"  # in percent
    PRICE_TO = "price_to"
    UNITS_BY = "units_by"  # at a location


class ChangedSincePreview(Conflict):
    """Other products are meant by now than when it was looked at."""

    code = "changed_since_preview"


@dataclass(frozen=True, slots=True)
class Change:
    """Of products with `q` in their SKU or name, of that tag, of that supplier; empty: any."""

    kind: Kind
    amount: Decimal
    location: str = ""
    q: str = ""
    tag: str = ""
    supplier: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    product: Product
    before: Decimal
    after: Decimal


def products(tenant: Tenant, change: Change) -> QuerySet[Product]:
    rows = Product.objects.filter(tenant=tenant)
    if change.q:
        rows = rows.filter(Q(sku__icontains=change.q) | Q(name__icontains=change.q))
    if change.tag:
        rows = rows.filter(tags__contains=[change.tag.lower()])
    if change.supplier:
        rows = rows.filter(supplier__name=change.supplier)
    return rows.order_by("sku")


def effects(tenant: Tenant, change: Change, rows: Iterable[Product]) -> Iterator[Effect]:
    """What each would have and has. Raises InvalidInput where a result is not possible."""
    there: dict[int, int] = {}
    if change.kind == Kind.UNITS_BY:
        place = {"location__name": change.location, "product__tenant": tenant}
        there = dict(Level.objects.filter(**place).values_list("product_id", "on_hand"))
    for product in rows:
        before = Decimal(there.get(product.pk, 0)) if change.kind == Kind.UNITS_BY else product.price
        after = _after(change, before)
        if not 0 <= after <= MOST_MONEY:
            raise InvalidInput(f"{product.sku} would have {after}.", {"amount": "leads out of bounds"})
        yield Effect(product, before, after)


def _after(change: Change, before: Decimal) -> Decimal:
    if change.kind == Kind.PRICE_TO:
        return change.amount.quantize(CENT)
    if change.kind == Kind.UNITS_BY:
        return before + change.amount
    return (before * (100 + change.amount) / 100).quantize(CENT, ROUND_HALF_UP)


@transaction.atomic
def apply(tenant: Tenant, change: Change, reference: str, *, expected: int, by: int | None = None, track: Track = iter) -> Document:
    """Do it to all of them or none, once for each reference; the document lists before and after. Raises ChangedSincePreview,
    NotEnough, InvalidInput."""
    if known := documents.of(tenant, reference):
        return known
    meant = list(products(tenant, change).values_list("pk", flat=True))
    if len(meant) != expected:
        raise ChangedSincePreview(f"{len(meant)} products are meant now, {expected} were when it was looked at. Look again.")
    levels.lock(meant)
    done = list(track(effects(tenant, change, Product.objects.filter(pk__in=meant).order_by("sku"))))
    if change.kind == Kind.UNITS_BY:
        _move(tenant, change, done, reference, by)
    else:
        _price(done)
    return _document(tenant, reference, done)


def _price(done: list[Effect]) -> None:
    now = timezone.now()
    for effect in done:
        effect.product.price, effect.product.updated_at = effect.after, now
    Product.objects.bulk_update([effect.product for effect in done], ["price", "updated_at"], batch_size=2000)


def _move(tenant: Tenant, change: Change, done: list[Effect], reference: str, by: int | None) -> None:
    place, _ = Location.objects.get_or_create(tenant=tenant, name=change.location)
    moves = [Move(effect.product.pk, place.pk, Movement.Kind.ADJUSTED, int(effect.after - effect.before)) for effect in done]
    ledger.post(moves, reference, by=by, why="Bulk change")


def _document(tenant: Tenant, reference: str, done: list[Effect]) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "changes.csv"
        rows = ((effect.product.sku, effect.product.name, effect.before, effect.after) for effect in done)
        count = exports.write(path, exports.Format.CSV, ("sku", "name", "before", "after"), rows)
        return documents.keep(tenant, reference, path, f"changes {timezone.now():%Y-%m-%d %H%M}.csv", {"rows": count})
