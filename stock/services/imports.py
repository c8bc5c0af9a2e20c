"""Bringing a price list in: in chunks, each in its transaction, safe to repeat."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from stock.models import Level, Location, Movement, Problem, Product, Upload
from stock.services import ledger, levels
from stock.services.ledger import Move
from stock.services.price_list import Row, Wrong


@dataclass
class Tally:
    """What a list brought so far."""

    lines: int = 0
    created: int = 0
    updated: int = 0
    wrong: int = 0


def keep(tenant_id: int, name: str, file: "File[Any]", user: Any = None) -> Upload:
    """Store an uploaded price list for a job to read."""
    upload = Upload(tenant_id=tenant_id, name=name[:200], uploaded_by=user)
    upload.file.save(f"{upload.pk}.csv", file, save=False)
    upload.save(force_insert=True)
    return upload


@transaction.atomic
def take(upload: Upload, chunk: list[Row | Wrong], tally: Tally, *, dry_run: bool = False) -> None:
    """Write one chunk and count it. A repeated chunk changes nothing more."""
    rows = [row for row in chunk if isinstance(row, Row)]
    products = _products(upload, rows, tally)
    if dry_run:
        wrong = [row for row in chunk if isinstance(row, Wrong)]
        transaction.set_rollback(True)
    else:
        wrong = [row for row in chunk if isinstance(row, Wrong)] + _levels(upload, rows, products)
    tally.lines += len(chunk)
    tally.wrong += len(wrong)
    if not dry_run:
        _note(upload, wrong)


def _products(upload: Upload, rows: Iterable[Row], tally: Tally) -> dict[str, Product]:
    """The last line of a SKU says its name and price."""
    last = {row.sku: row for row in rows}
    known = dict(Product.objects.filter(tenant_id=upload.tenant_id, sku__in=last).values_list("sku", "pk"))
    levels.lock(known.values())
    now = timezone.now()
    # The known ones are locked; the new ones in one order everywhere, so that two imports never wait for each other in a ring.
    made = [
        Product(tenant_id=upload.tenant_id, sku=sku, name=last[sku].name, price=last[sku].price, updated_at=now) for sku in sorted(last)
    ]
    Product.objects.bulk_create(made, update_conflicts=True, unique_fields=["tenant", "sku"], update_fields=["name", "price", "updated_at"])
    tally.created += len(last) - len(known)
    tally.updated += len(known)
    return {product.sku: product for product in Product.objects.filter(tenant_id=upload.tenant_id, sku__in=last)}


def _levels(upload: Upload, rows: list[Row], products: dict[str, Product]) -> list[Wrong]:
    """The quantity of a line is a count: its difference to the books is a movement. The last line of a place counts."""
    rows = [row for row in rows if row.line > upload.taken_to]
    locations = _locations(upload, {row.location for row in rows})
    wanted = {(products[row.sku].pk, locations[row.location].pk): row for row in rows}
    known = {(v.product_id, v.location_id): v for v in Level.objects.filter(product__in={product for product, _ in wanted})}
    reserved = {place: level.reserved for place, level in known.items()}
    short = {place: row for place, row in wanted.items() if row.quantity < reserved.get(place, 0)}
    moves = [
        Move(*place, Movement.Kind.COUNTED, row.quantity - (known[place].on_hand if place in known else 0), row.cost)
        for place, row in sorted(wanted.items(), key=lambda item: item[0])
        if place not in short
    ]
    if rows:
        about: dict[str, Any] = {"by": upload.uploaded_by_id, "why": f"Price list {upload.name}"}
        ledger.post(moves, f"upload:{upload.pk}:{rows[0].line}", **about)
        costs = {products[row.sku].pk: row.cost for row in rows if row.cost is not None}
        ledger.revalue(costs, f"upload:{upload.pk}:{rows[0].line}", **about)
        upload.taken_to = rows[-1].line
        upload.save(update_fields=["taken_to"])
    return [Wrong(row.line, "quantity", f"is less than the {reserved[place]} units reserved") for place, row in short.items()]


def _locations(upload: Upload, names: set[str]) -> dict[str, Location]:
    made = [Location(tenant_id=upload.tenant_id, name=name) for name in sorted(names)]
    Location.objects.bulk_create(made, ignore_conflicts=True)
    return {place.name: place for place in Location.objects.filter(tenant_id=upload.tenant_id, name__in=names)}


def _note(upload: Upload, wrong: list[Wrong]) -> None:
    problems = [Problem(upload=upload, line=w.line, field=w.field, message=w.message[:300]) for w in wrong]
    Problem.objects.bulk_create(problems, ignore_conflicts=True)
