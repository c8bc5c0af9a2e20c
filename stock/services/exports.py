"""Exports: what of stock can be had as a table, and how it is written as CSV or XLSX."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce

from jobs.core.errors import TooLarge
from jobs.models import Tenant
from stock.models import Movement, Product, PurchaseLine
from stock.services.price_list import COLUMNS, COST, FORMULA

Line = Sequence[Any]
# Excel 2007 and later: 1,048,576 rows, one of them the header.
MOST_IN_SHEET = 1_048_575

MOVEMENTS = {name: name for name in ("id", "at", "kind", "quantity", "why", "reference")}
MOVEMENTS |= {"sku": "product__sku", "location": "location__name", "by": "by__username"}
ORDERS = {"order": "order_id", "state": "order__state", "supplier": "order__supplier__name", "location": "order__location__name"}
ORDERS |= {
    "ordered_at": "order__ordered_at",
    "sku": "product__sku",
    "name": "product__name",
    "quantity": "quantity",
    "received": "received",
}
# For managers alone: what things cost.
COSTS = {"unit_cost": "unit_cost", "value": "value", "unit_price": "unit_price"}


class Kind(StrEnum):
    PRODUCTS = "products"  # a price list: what lies somewhere can be imported again
    MOVEMENTS = "movements"
    ORDERS = "orders"


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are tuples of `fields`, under `columns`."""

    columns: Sequence[str]
    rows: QuerySet[Any]
    fields: Sequence[str]

    def __iter__(self) -> Iterator[Line]:
        return iter(self.rows.values_list(*self.fields).iterator(2000))


def table(tenant: Tenant, kind: Kind, *, costs: bool = False) -> Table:
    """What there is to export now, with what things cost or without."""
    if kind == Kind.PRODUCTS:
        rows = Product.objects.filter(tenant=tenant).order_by("sku", "levels__location__name")
        there = {"there": Coalesce("levels__on_hand", 0), "place": Coalesce("levels__location__name", Value(""))}
        fields = ("sku", "name", "price", "there", "place")
        return Table((*COLUMNS, *[COST] * costs), rows.annotate(**there), (*fields, *["valuation__average"] * costs))
    if kind == Kind.MOVEMENTS:
        moved = Movement.objects.filter(product__tenant=tenant).order_by("id")
        return Table(*_named(moved, MOVEMENTS | (COSTS if costs else {})))
    ordered = PurchaseLine.objects.filter(order__tenant=tenant).order_by("order_id", "id")
    return Table(*_named(ordered, ORDERS | ({"unit_cost": "unit_cost"} if costs else {})))


def _named(rows: QuerySet[Any], names: dict[str, str]) -> tuple[list[str], QuerySet[Any], list[str]]:
    return list(names), rows, list(names.values())


def write(path: Path, form: Format, columns: Sequence[str], rows: Iterable[Line]) -> int:
    """Write a table; answers how many rows. Raises TooLarge where a sheet can't hold them."""
    written = 0
    with WRITERS[form](path) as put:
        put(columns)
        for row in rows:
            put(row)
            written += 1
    return written


@contextmanager
def _csv(path: Path) -> Iterator[Callable[[Line], None]]:
    # With a mark at its start, or Excel takes UTF-8 for something else.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        yield lambda row: writer.writerow([_safe(cell) for cell in row])


def _safe(cell: Any) -> Any:
    """A text that a spreadsheet would run as a formula is quoted (OWASP: CSV injection)."""
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


@contextmanager
def _xlsx(path: Path) -> Iterator[Callable[[Line], None]]:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    book = xlsxwriter.Workbook(path, options | {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet("Stock")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 20, 18)
    head, at = book.add_format({"bold": True, "bottom": 1}), 0

    def put(row: Line) -> None:
        nonlocal at
        if at > MOST_IN_SHEET:
            raise TooLarge(f"A sheet holds {MOST_IN_SHEET:,} rows; there are more. Export CSV.")
        for column, cell in enumerate(row):
            sheet.write(at, column, float(cell) if isinstance(cell, Decimal) else cell, *([head] if at == 0 else []))
        at += 1

    try:
        yield put
    finally:
        book.close()


WRITERS = {Format.CSV: _csv, Format.XLSX: _xlsx}
