"""Reading a supplier's price list: a CSV or XLSX file, line by line, never all of it in memory."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Protocol

from jobs.core.errors import InvalidInput
from stock.core.costing import GRAIN
from stock.services import sheets

COLUMNS = ("sku", "name", "price", "quantity", "location")
# What a unit was bought for; a list may have it.
COST = "cost"
LONGEST_LINE = 10_000
MOST_UNITS = 1_000_000_000
MOST_MONEY = Decimal("9999999999.99")
CENT = Decimal("0.01")
# A cell that starts like this is run as a formula by a spreadsheet that opens our exports (OWASP: CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Readable(Protocol):
    """A file opened for bytes: Python's own, or one of Django's storage."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...
    def seek(self, place: int, /) -> object: ...


class BadFile(InvalidInput):
    """The file can't be read as a price list at all."""

    code = "bad_file"


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    sku: str
    name: str
    price: Decimal
    quantity: int
    location: str
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    line: int
    field: str
    message: str


def rows(file: Readable) -> Iterator[Row | Wrong]:
    """Each line as a Row, or as what is wrong with it. Raises BadFile where the whole file is not readable."""
    header, lines = _opened(file)
    places = [header.index(column) for column in (*COLUMNS, COST) if column in header]
    for line, cells in lines:
        if any(cell.strip() for cell in cells):
            yield _row(line, cells, places, len(header))


def tells_costs(file: Readable) -> bool:
    """Whether it says what units were bought for. Raises BadFile. The file is at its start afterwards."""
    header, _ = _opened(file)
    file.seek(0)
    return COST in header


def _opened(file: Readable) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The names of the columns, and the lines that follow."""
    lines = _sheet(file) if sheets.is_sheet(file) else _csv(file)
    header = [cell.strip().lower() for _, cells in islice(lines, 1) for cell in cells]
    if missing := [column for column in COLUMNS if column not in header]:
        raise BadFile(f"The first line must name the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}.")
    return header, lines


def count_lines(file: Readable) -> int:
    """How many lines there are at most, for the progress bar."""
    if sheets.is_sheet(file):
        return sheets.count_lines(file)
    lines = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    file.seek(0)
    return lines


def _csv(file: Readable) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_lines(file), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise BadFile(f"Line {reader.line_num} is no CSV: {error}.") from error


def _sheet(file: Readable) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from sheets.lines(file)
    except sheets.BadSheet as error:
        raise BadFile(str(error)) from error


def _lines(file: Readable) -> Iterator[str]:
    number = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            raise BadFile(f"Line {number} is longer than {LONGEST_LINE} bytes.")
        if b"\0" in raw:
            raise BadFile("This is a binary file, not a CSV file. Save the sheet as CSV (UTF-8).")
        yield _text(raw, number)
    if not number:
        raise BadFile("The file is empty.")


def _text(raw: bytes, number: int) -> str:
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise BadFile(f"Line {number} is not UTF-8 text. Save the sheet as CSV (UTF-8).") from error


def _row(line: int, cells: list[str], places: list[int], width: int) -> Row | Wrong:
    if len(cells) != width:
        return Wrong(line, "", f"has {len(cells)} cells, the header has {width}")
    sku, name, price, quantity, location, *more = (cells[place].strip() for place in places)
    for field, text, longest in (("sku", sku, 60), ("name", name, 200), ("location", location, 60)):
        if sentence := _wrong_text(text, longest):
            return Wrong(line, field, sentence)
    money, units = _money(price), _units(quantity)
    if money is None:
        return Wrong(line, "price", f"{price[:40]!r} is no price: expected a number like 12.50, not negative")
    if units is None:
        return Wrong(line, "quantity", f"{quantity[:40]!r} is no quantity: expected a whole number, not negative")
    cost = _money(more[0], GRAIN) if more and more[0] else None
    if more and more[0] and cost is None:
        return Wrong(line, COST, f"{more[0][:40]!r} is no cost: expected a number like 7.25, not negative")
    return Row(line, sku, name, money, units, location, cost)


def _wrong_text(text: str, longest: int) -> str:
    if not text:
        return "is empty"
    if len(text) > longest:
        return f"has more than {longest} characters"
    if text.startswith(FORMULA):
        return f"starts with {text[0]!r}, which a spreadsheet would run as a formula"
    return "" if text.isprintable() else "has characters that can't be printed"


def _money(text: str, grain: Decimal = CENT) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or not 0 <= value <= MOST_MONEY:
        return None
    return value if value == value.quantize(grain) else None


def _units(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= MOST_UNITS else None
