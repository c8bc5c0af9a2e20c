"""Writing the ledger: the one way in which what is on hand changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jobs.core.errors import Conflict
from stock.core.costing import Entry, Position
from stock.models import Level, Movement, Valuation
from stock.services import levels, news

Kind = Movement.Kind


class NotEnough(Conflict):
    """So many units are not free there."""

    code = "not_enough"


@dataclass(frozen=True, slots=True)
class Move:
    """`cost`: what a unit of what comes in costs, where it is not the average; `price`: what one was sold for."""

    product: int
    location: int
    kind: Movement.Kind
    quantity: int
    cost: Decimal | None = None
    price: Decimal | None = None


def post(moves: Sequence[Move], reference: str, *, by: Any = None, why: str = "") -> list[Movement]:
    """Write movements, in the caller's transaction; the database adds them to the levels. Those of a known reference are
    left out. Raises NotEnough where a level would fall below what is reserved; then nothing is written."""
    levels.lock(move.product for move in moves)
    known = _known(moves, reference)
    fresh = [m for m in moves if m.quantity and (m.product, m.location, m.kind) not in known]
    _check(fresh)
    about = {"by_id": getattr(by, "pk", by), "why": why[:200], "reference": reference}
    positions = _positions({m.product for m in fresh})
    rows = _firsts(fresh, positions, about)
    for move in fresh:
        at = positions.get(move.product, Position())
        entry = at.moved(move.quantity, move.cost, within=move.kind == Kind.TRANSFERRED)
        positions[move.product] = at.after(move.quantity, entry)
        rows.append(_movement(move, entry, about))
    written = Movement.objects.bulk_create(rows)
    if not all(row.kind == Kind.SOLD for row in written):
        news.changed(row.product_id for row in written)
    return written


def revalue(costs: dict[int, Decimal], reference: str, *, by: Any = None, why: str = "") -> list[Movement]:
    """Say what a unit of each of these products cost, in the caller's transaction; what is said already is left out."""
    levels.lock(costs)
    about = {"by_id": getattr(by, "pk", by), "why": why[:200], "reference": reference}
    known = set(Movement.objects.filter(reference=reference, kind=Kind.REVALUED).values_list("product_id", flat=True))
    positions = _positions(costs)
    rows = [
        _revaluation(product, positions.get(product, Position()).revalued(cost), about)
        for product, cost in sorted(costs.items())
        if product not in known and positions.get(product, Position()).average != cost
    ]
    return Movement.objects.bulk_create(rows)


def _positions(products: Any) -> dict[int, Position]:
    return {row.product_id: row.position() for row in Valuation.objects.filter(product__in=products)}


def _firsts(moves: Sequence[Move], positions: dict[int, Position], about: dict[str, Any]) -> list[Movement]:
    """Units that lie there while nobody has said what one cost take the first cost that is said."""
    rows = []
    for move in moves:
        at = positions.get(move.product, Position())
        if move.cost is not None and move.quantity > 0 and at.average is None and at.units:
            entry = at.revalued(move.cost)
            positions[move.product] = at.after(0, entry)
            rows.append(_revaluation(move.product, entry, about | {"why": "The first cost that was said"}))
    return rows


def _movement(move: Move, entry: Entry, about: dict[str, Any]) -> Movement:
    place = {"product_id": move.product, "location_id": move.location, "kind": move.kind, "quantity": move.quantity}
    return Movement(**place, unit_cost=entry.unit_cost, value=entry.value, unit_price=move.price, **about)


def _revaluation(product: int, entry: Entry, about: dict[str, Any]) -> Movement:
    return Movement(product_id=product, kind=Kind.REVALUED, quantity=0, unit_cost=entry.unit_cost, value=entry.value, **about)


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
