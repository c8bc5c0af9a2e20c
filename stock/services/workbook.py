"""The report as a workbook with charts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from stock.core.ageing import LABELS
from stock.queries.report import Costs, Item, Report

COSTS = ("Unit cost", "Cost", "Earned", "Spent", "Margin in percent")


def write(path: Path, report: Report, items: Sequence[Item]) -> None:
    """Sheets of figures, each with its chart beside them."""
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(path, options)
    forms = {"head": book.add_format({"bold": True, "bottom": 1}), "money": book.add_format({"num_format": "#,##0.00"})}
    _figures(book, forms, report)
    three = ("", "Units", "Value")
    _charted(book, forms, "Locations", ("Location", *three[1:]), report.locations, "column", 2, "Value by location")
    _charted(book, forms, "Ageing", ("On the shelf for", *three[1:]), report.ageing, "column", 2, "Value by age")
    _charted(book, forms, "Most valuable", ("SKU", *three[1:]), report.top, "bar", 2, "The most valuable products")
    _charted(book, forms, "Over time", ("Day", "Value"), report.series, "line", 1, "Value by day")
    if report.costs:
        _costs(book, forms, report.costs)
    _products(book, forms, items, costs=report.costs is not None)
    book.close()


def _figures(book: Any, forms: dict[str, Any], report: Report) -> None:
    rows = [
        ("Value at selling prices", report.value),
        ("Units on hand", report.units),
        ("Units reserved", report.reserved),
        (f"Units sold in {report.days} days", report.sold),
        ("Turnover a year", report.turnover if report.turnover is not None else "no stock to turn"),
        (f"Products that lie there and did not sell in {report.days} days", report.idle),
    ]
    _listed(book, forms, "Figures", rows)


def _costs(book: Any, forms: dict[str, Any], costs: Costs) -> None:
    rows = [
        ("Value at what it cost", costs.value),
        ("Units of which no cost is known", costs.unknown),
        ("Paid by customers", costs.earned),
        ("What that had cost", costs.spent),
        ("Margin in percent", costs.margin if costs.margin is not None else "nothing was sold"),
        ("Turnover a year, at cost", costs.turnover if costs.turnover is not None else "no stock to turn"),
    ]
    _listed(book, forms, "Costs", rows)
    _charted(book, forms, "Cost by location", ("Location", "Units", "Cost"), costs.locations, "column", 2, "Cost by location")
    _charted(book, forms, "Most earned", ("SKU", "Sold", "Earned"), costs.earners, "bar", 2, "Earned above the cost")
    _charted(book, forms, "Cost over time", ("Day", "Cost"), costs.series, "line", 1, "Cost by day")


def _listed(book: Any, forms: dict[str, Any], name: str, rows: Sequence[tuple[str, Any]]) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 1, 36)
    for n, (label, value) in enumerate(rows):
        sheet.write(n, 0, label, forms["head"])
        sheet.write(n, 1, value, forms["money"] if isinstance(value, float) else None)


def _charted(
    book: Any, forms: dict[str, Any], name: str, head: Sequence[str], rows: Sequence[Sequence[Any]], kind: str, values: int, title: str
) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, len(head), 20)
    sheet.write_row(0, 0, head, forms["head"])
    for n, row in enumerate(rows, 1):
        sheet.write_row(n, 0, row[:-1])
        sheet.write(n, values, row[-1], forms["money"])
    if rows:
        chart = book.add_chart({"type": kind})
        chart.add_series({"name": title, "categories": [name, 1, 0, len(rows), 0], "values": [name, 1, values, len(rows), values]})
        chart.set_title({"name": title})
        chart.set_legend({"none": True})
        sheet.insert_chart(1, len(head) + 1, chart, {"description": f"{title}: the figures are in the columns beside it."})


def _products(book: Any, forms: dict[str, Any], items: Sequence[Item], *, costs: bool) -> None:
    sheet = book.add_worksheet("Products")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 17, 16)
    head = ("SKU", "Name", "Price", "On hand", "Reserved", "Value", "Sold", "Turnover a year", *LABELS)
    sheet.write_row(0, 0, (*head, *(COSTS if costs else ())), forms["head"])
    for n, item in enumerate(items, 1):
        cells = (item.sku, item.name, item.price, item.on_hand, item.reserved, item.value, item.sold, item.turnover, *item.ages)
        money = (item.average, item.cost, item.earned, item.spent, item.margin) if costs else ()
        sheet.write_row(n, 0, (*cells, *money))
