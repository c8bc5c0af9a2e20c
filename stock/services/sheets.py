"""Spreadsheets read: an XLSX file as lines of texts, the way a CSV file has them."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from zipfile import BadZipFile, ZipFile

# A small file may unpack to a large one: this is the most that is read.
MOST_UNPACKED = 500_000_000
BROKEN = (BadZipFile, KeyError, ValueError, OSError, EOFError)


class BadSheet(Exception):
    """The file is no spreadsheet that can be read; the message says why."""


def is_sheet(file: Any) -> bool:
    """Whether it starts like a ZIP archive, which an XLSX file is. The file is at its start afterwards."""
    start = file.read(4)
    file.seek(0)
    return bool(start == b"PK\x03\x04")


def lines(file: Any) -> Iterator[tuple[int, list[str]]]:
    """Each line of the first sheet with its number. Raises BadSheet."""
    sheet = _first(file)
    sheet.reset_dimensions()
    width = 0
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        texts = [_text(cell) for cell in cells]
        width = width or len(texts)
        # A sheet leaves out empty cells at the end of a line, or has some more of them.
        while len(texts) > width and not texts[-1]:
            texts.pop()
        yield number, texts + [""] * (width - len(texts))


def count_lines(file: Any) -> int:
    """How many the file says there are."""
    try:
        return int(_first(file).max_row or 1)
    except BadSheet:
        return 1
    finally:
        file.seek(0)


def _first(file: Any) -> Any:
    # Here: it would cost every process at its start and for good, and few ever read a spreadsheet.
    from openpyxl import load_workbook

    try:
        if sum(part.file_size for part in ZipFile(file).infolist()) > MOST_UNPACKED:
            raise BadSheet("The spreadsheet is too large once unpacked. Save it as CSV (UTF-8).")
        file.seek(0)
        return load_workbook(file, read_only=True, data_only=True).worksheets[0]
    except (*BROKEN, IndexError) as error:
        raise BadSheet("This is a binary file, and no spreadsheet that can be read. Save the sheet as XLSX or CSV (UTF-8).") from error


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        # 12.5 as it was typed, 5.0 as 5; rounding hides what a spreadsheet's arithmetic leaves behind the ninth place.
        return f"{round(Decimal(cell), 9).normalize():f}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)
