"""Writing the ledger: the one way in which what is on hand changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.core.errors import Conflict
from stock.models import Level, Movement
from stock.services import levels, news


class NotEnough(Conflict):
    """So many units are not free there."""

    code = "not_enough"


@dataclass(frozen=True, slots=True)
class Move:
    product: int
    location: int
    kind: Movement.Kind
    quantity: int


def post(moves: Sequence[Move], reference: str, *, by: Any = None, why: str = "") -> list[Movement]:
    """Write movements, in the caller's transaction; the database adds them to the levels. Those of a known reference are
    left out. Raises NotEnough where a level would fall below what is reserved; then nothing is written."""
    levels.lock(move.product for move in moves)
    known = _known(moves, reference)
    fresh = [m for m in moves if m.quantity and (m.product, m.location, m.kind) not in known]
    _check(fresh)
    by_id = getattr(by, "pk", by)
    rows = [
        Movement(
            product_id=m.product, location_id=m.location, kind=m.kind, quantity=m.quantity, by_id=by_id, why=why[:200], reference=reference
        )
        for m in fresh
    ]
    written = Movement.objects.bulk_create(rows)
    if not all(row.kind == Movement.Kind.SOLD for row in written):
        news.changed(row.product_id for row in written)
    return written


def _known(moves: Sequence[Move], reference: str) -> set[tuple[int, int, str]]:
    rows = Movement.objects.filter(reference=reference, product__in={m.product for m in moves})
    return set(rows.values_list("product_id", "location_id", "kind"))


def _check(moves: Sequence[Move]) -> None:
    change: dict[tuple[int, int], int] = {}
    for move in moves:
        change[move.product, move.location] = change.get((move.product, move.location), 0) + move.quantity
    out = {place: -units for place, units in change.items() if units < 0}
    if not out:
        return
    rows = Level.objects.filter(product__in={p for p, _ in out}).select_related("product", "location")
    free = {(row.product_id, row.location_id): row for row in rows}
    for place, units in out.items():
        level = free.get(place)
        left = level.on_hand - level.reserved if level else 0
        if left < units:
            name = f"{level.product.sku} at {level.location}" if level else "the product there"
            raise NotEnough(f"Only {left} units of {name} are free; {units} are needed.")
