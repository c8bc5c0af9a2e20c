"""Stocktakes: begun for a location, counted product by product, applied as movements.

While people count, goods go on moving. So a count is held against the books of its own moment, and applied as a difference:
what was sold or came since is neither lost nor counted twice.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.core.errors import Conflict, InvalidState, NotFound
from jobs.models import Tenant
from stock.events import StockCounted, counted
from stock.models import Level, Location, Movement, Product, Stocktake, StocktakeLine
from stock.services import ledger, levels
from stock.services.ledger import Move

STATES = Stocktake.State
MOST_UNITS = 1_000_000_000


class MovedMeanwhile(Conflict):
    """The books changed between two counts of one product that were to be added up."""

    code = "moved_meanwhile"


@transaction.atomic
def start(tenant: Tenant, location: Location, by: Any = None) -> Stocktake:
    """Begin to count a location, with what the books say is there; the stocktake that is under way, where one is."""
    stocktake, new = Stocktake.objects.get_or_create(tenant=tenant, location=location, state=STATES.COUNTING, defaults={"started_by": by})
    if new:
        there = Level.objects.filter(location=location).exclude(on_hand=0).values_list("product_id", "on_hand")
        lines = [StocktakeLine(stocktake=stocktake, product_id=product, expected=units) for product, units in there]
        StocktakeLine.objects.bulk_create(lines, batch_size=2000)
    return stocktake


@transaction.atomic
def count(tenant: Tenant, id: int, sku: str, quantity: int, *, add: bool = False, scan: str = "", by: Any = None) -> StocktakeLine:
    """Say how many units of a product lie there; with `add`, how many more were found, once for each `scan`. Raises
    MovedMeanwhile, InvalidState, NotFound."""
    stocktake = _locked(tenant, id)
    _must_count(stocktake)
    product = Product.objects.filter(tenant=tenant, sku=sku).first()
    if product is None:
        raise NotFound(f"There is no product {sku[:60]!r}.")
    levels.lock([product.pk])
    level = Level.objects.filter(product=product, location=stocktake.location).first()
    books = level.on_hand if level else 0
    line, _ = StocktakeLine.objects.get_or_create(stocktake=stocktake, product=product, defaults={"expected": books})
    if add and scan and line.scan == scan:
        return line
    _note(line, books, quantity, add=add)
    line.counted_at, line.counted_by, line.scan = timezone.now(), by, scan
    line.save()
    return line


def _note(line: StocktakeLine, books: int, quantity: int, *, add: bool) -> None:
    if add and line.counted is not None and line.expected != books:
        raise MovedMeanwhile(
            f"{line.product.sku} moved while it was counted: the books said {line.expected}, now {books}. Count all of it anew."
        )
    line.counted = min(quantity + (line.counted or 0 if add else 0), MOST_UNITS)
    line.expected = books


@transaction.atomic
def cancel(tenant: Tenant, id: int) -> Stocktake:
    """Forget the count; the books stay. Raises InvalidState for an applied one, NotFound."""
    stocktake = _locked(tenant, id)
    if stocktake.state != STATES.CANCELLED:
        _must_count(stocktake)
        stocktake.state = STATES.CANCELLED
        stocktake.save(update_fields=["state"])
    return stocktake


@transaction.atomic
def apply(tenant: Tenant, id: int, *, missing: bool = False, by: int | None = None) -> Stocktake:
    """Bring the books to what was counted, once. A difference that would take reserved units away is left, and says so in its
    line. Raises InvalidState for a cancelled one, NotFound."""
    stocktake = _locked(tenant, id)
    if stocktake.state == STATES.APPLIED:
        return stocktake
    _must_count(stocktake)
    if missing:
        stocktake.lines.filter(counted=None).update(counted=0)
    lines = list(stocktake.lines.exclude(counted=None).select_related("product"))
    levels.lock(line.product_id for line in lines)
    fitting = _fitting(stocktake, [line for line in lines if line.difference])
    moves = [Move(line.product_id, stocktake.location_id, Movement.Kind.COUNTED, line.difference or 0) for line in fitting]
    ledger.post(moves, f"stocktake:{stocktake.pk}", by=by, why=f"Stocktake {stocktake.pk}")
    stocktake.state, stocktake.applied_at, stocktake.applied_by_id, stocktake.missing = STATES.APPLIED, timezone.now(), by, missing
    stocktake.save(update_fields=["state", "applied_at", "applied_by", "missing"])
    _tell(stocktake, len(lines), [move.quantity for move in moves])
    return stocktake


def _fitting(stocktake: Stocktake, lines: list[StocktakeLine]) -> list[StocktakeLine]:
    """Those whose level can bear the difference; the others say why not."""
    free = {level.product_id: level.on_hand - level.reserved for level in Level.objects.filter(location=stocktake.location)}
    short = [line for line in lines if free.get(line.product_id, 0) + (line.difference or 0) < 0]
    for line in short:
        line.problem = f"Only {free.get(line.product_id, 0)} are free to take away: the rest is reserved or gone. Release it, then adjust."
    StocktakeLine.objects.bulk_update(short, ["problem"])
    return [line for line in lines if not line.problem]


def _tell(stocktake: Stocktake, lines: int, quantities: list[int]) -> None:
    more, fewer = sum(n for n in quantities if n > 0), -sum(n for n in quantities if n < 0)
    told = StockCounted(stocktake=stocktake.pk, location=stocktake.location.name, lines=lines, more=more, fewer=fewer)
    counted.publish(told, subject=f"stocktake:{stocktake.pk}", tenant=stocktake.tenant)


def _locked(tenant: Tenant, id: int) -> Stocktake:
    """A stocktake is locked before its products, never after."""
    rows = Stocktake.objects.select_for_update(of=("self",)).select_related("tenant", "location")
    stocktake = rows.filter(tenant=tenant, pk=id).first()
    if stocktake is None:
        raise NotFound(f"There is no stocktake {id}.")
    return stocktake


def _must_count(stocktake: Stocktake) -> None:
    if stocktake.state != STATES.COUNTING:
        raise InvalidState(f"Stocktake {stocktake.pk} is {stocktake.state}.")
