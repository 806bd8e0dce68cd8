"""A market's tables as one Excel workbook: numbers with the formats of their units, names that never calculate."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from leadsmart.catalogue.kpis import KPIS
from leadsmart.display.csv_text import is_formula
from leadsmart.display.tables import layouts
from leadsmart.display.tables.columns import DATE, DELTA, SPARKLINE, TEXT, VERDICT
from leadsmart.vocabulary import (
    UNIT_AUC,
    UNIT_COUNT,
    UNIT_DAYS,
    UNIT_MONEY,
    UNIT_POINTS,
    UNIT_RATIO,
    UNIT_SHARE,
)

MAX_SHEET_NAME = 31
CONTENTS, DEFINITIONS = "Contents", "Definitions"
#: Pixels; what is longer is read in its cell.
_WIDEST = 400
#: Excel refuses more characters in a cell.
_MAX_TEXT = 32_767
_NUMBER_FORMATS = {
    UNIT_SHARE: "0.0%",
    UNIT_POINTS: '0.0%" points"',
    DELTA: "+0%;-0%;0%",
    UNIT_COUNT: "#,##0",
    UNIT_RATIO: '0.00"×"',
    UNIT_DAYS: "#,##0.0",
    UNIT_AUC: "0.00",
    DATE: "yyyy-mm-dd",
}
_OTHER_NUMBER = "#,##0.###"
#: Columns whose unit stands in the row, in a column ``unit``.
_BY_ROW = frozenset({"value", "estimate", "low", "high", "target"})
#: Nobody's clock: the same tables make the same bytes.
_CREATED = dt.datetime(2000, 1, 1)


@cache
def _layout_units() -> dict[str, str]:
    """Column -> unit, as the layouts on screen have it; a column with two units has none."""
    tables = [value for value in vars(layouts).values() if isinstance(value, tuple)]
    shown = [column for table in (*tables, layouts.week_columns()) for column in table]
    units = {(name, c.unit) for c in shown for name in (c.name, c.low, c.high)}
    units |= {(c.n, UNIT_COUNT) for c in shown}
    uses = Counter(name for name, _ in units)
    return {name: unit for name, unit in units if name and uses[name] == 1 and name not in _BY_ROW}


def unit_of(name: str) -> str | None:
    """Unit of a table's column, None where its name does not tell.

    >>> unit_of("cpl"), unit_of("qualified_rate_low"), unit_of("campaign_id"), unit_of("anything")
    ('money', 'share', 'text', None)
    """
    if name.endswith(("_id", "_name")):
        return TEXT
    kpi = KPIS.get(name) or KPIS.get(name.removesuffix("_low").removesuffix("_high"))
    unit = kpi.unit if kpi else _layout_units().get(name)
    if unit is None and name.endswith(("_rate", "_share")):
        return UNIT_SHARE
    if unit is None and name.endswith("_date"):
        return DATE
    return TEXT if unit in (VERDICT, SPARKLINE) else unit


def sheet_names(stems: Iterable[str]) -> list[str]:
    """Names that Excel takes, in order: at most 31 characters, none like another, whatever their case.

    >>> sheet_names(["weekly", "finding_conversion_bottlenecks_by_user", "finding_conversion_bottlenecks_by_day"])
    ['weekly', 'finding_conversion_bottlenecks_', 'finding_conversion_bottlenec~2']
    """
    taken: list[str] = []
    for stem in stems:
        clean = re.sub(r"[\[\]:*?/\\']", "_", stem) or "table"
        name, number = clean[:MAX_SHEET_NAME], 1
        while name.lower() in {t.lower() for t in taken}:
            number += 1
            name = f"{clean[: MAX_SHEET_NAME - 3]}~{number}"
        taken.append(name)
    return taken


def read_definitions(page: Path) -> pd.DataFrame:
    """The tables of the definitions page, one row per term: section, term, formula or meaning, how to read it."""
    rows, section = [], ""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif line.startswith("| "):
            cells = [re.sub(r"[`*]", "", cell).strip() for cell in line.strip("| ").split(" | ")]
            rows.append([section, *cells, "", "", ""][:5])
        elif line.startswith("|:") and rows:
            rows.pop()
    return pd.DataFrame(rows, columns=["section", "term", "meaning", "read_as", "applies_to"], dtype="str")


def write_workbook(
    tables: Mapping[str, pd.DataFrame], definitions: pd.DataFrame, currency: str, target: Path
) -> None:
    """Write a workbook: contents, a sheet per table with frozen heads and filters, and the definitions.

    Parameters
    ----------
    tables : mapping
        Name -> table, every column as text, as a CSV file of `outputs/` has it.
    definitions : DataFrame
        Of `read_definitions`.
    currency : str
        Of all money in the tables.
    target : Path
    """
    names = sheet_names([CONTENTS, *tables, DEFINITIONS])
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(target), options) as book:
        book.set_properties({"created": _CREATED, "title": "LeadSmart"})
        writer = _Writer(book, currency)
        listed = pd.DataFrame({"sheet": names[1:], "rows": [*map(len, tables.values()), ""]})
        contents = book.add_worksheet(names[0])
        writer.table(contents, listed)
        for row, name in enumerate(names[1:], start=1):
            contents.write_url(row, 0, f"internal:'{name}'!A1", string=name)
        for name, table in zip(names[1:], (*tables.values(), definitions), strict=True):
            writer.table(book.add_worksheet(name), table)


class _Writer:
    """Formats of one workbook, each made once, and sheets written with them."""

    def __init__(self, book: xlsxwriter.Workbook, currency: str) -> None:
        self.book = book
        self.formats: dict[str, Format] = {}
        # a currency inside a number format is text between quotes
        self.codes = {**_NUMBER_FORMATS, UNIT_MONEY: '"{}" #,##0.00'.format(currency.replace('"', ""))}
        self.bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.quoted = book.add_format({"quote_prefix": True})

    def number(self, unit: str | None) -> Format:
        code = self.codes.get(unit or "", _OTHER_NUMBER)
        if code not in self.formats:
            self.formats[code] = self.book.add_format({"num_format": code})
        return self.formats[code]

    def table(self, sheet: Worksheet, table: pd.DataFrame) -> None:
        for column, name in enumerate(table.columns):
            unit = unit_of(name)
            units = table["unit"] if name in _BY_ROW and "unit" in table else [unit] * len(table)
            sheet.write_string(0, column, name, self.bold)
            for row, (value, of_row) in enumerate(
                zip(_typed(table[name], unit), units, strict=True), start=1
            ):
                if isinstance(value, str):
                    sheet.write_string(row, column, value, self.quoted if is_formula(value) else None)
                elif value is not None:
                    sheet.write(row, column, value, self.number(of_row))
        sheet.freeze_panes(1, 1)
        sheet.autofit(_WIDEST)
        if len(table):
            sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _typed(column: pd.Series, unit: str | None) -> list[str | float | dt.datetime | None]:
    """The cells as days or numbers, None where empty; as text where one of them is neither."""
    cells = column.astype("str")
    filled = cells != ""
    if unit == DATE:
        values = pd.to_datetime(cells.where(filled), format="ISO8601", errors="coerce")
    elif unit != TEXT:
        values = pd.to_numeric(cells.where(filled), errors="coerce").replace([np.inf, -np.inf], np.nan)
    if unit == TEXT or values[filled].isna().any():
        # the CSV's apostrophe becomes Excel's own mark for text, which keeps it so when the cell is edited
        plain = [cell[1:] if cell.startswith("'") and is_formula(cell[1:]) else cell for cell in cells]
        return [cell[:_MAX_TEXT] or None for cell in plain]
    return [None if pd.isna(value) else value for value in values.astype(object)]
