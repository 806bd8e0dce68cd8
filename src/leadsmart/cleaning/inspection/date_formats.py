"""Prove the order of day, month and year of every column of dates, by the column itself or by what stands beside it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.inspection.columns import (
    STARTS_WITH_DAY,
    Column,
    date_columns,
    pick,
    report_unreadable,
    show_values,
)
from leadsmart.cleaning.parsing.file_formats import (
    DATE_COLUMNS,
    FileFormats,
    add_format,
    list_formats,
)
from leadsmart.cleaning.parsing.notes import Note, add_note, table_exists
from leadsmart.cleaning.parsing.raw_rows import sliced
from leadsmart.cleaning.parsing.sql import quote_text
from leadsmart.cleaning.values.dates import DATE_ORDERS, DateOrder, read_moment
from leadsmart.cleaning.values.texts import clean_text
from leadsmart.errors import InputError, LeadSmartError
from leadsmart.params import Params

#: In the right order nearly all dates lie in the period of the export's other dates, in a wrong one they don't.
_INSIDE: Final = 0.98
_OUTSIDE: Final = 0.9
_AROUND: Final = dt.timedelta(days=31)
#: Dates of so few years have the year where so few numbers stand.
_FEW_YEARS: Final = 3
_NAMES: Final = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}
_REMEDY: Final = "Write them as 2024-06-01 or 2024-06-01 21:40:00, and export the file again"

Period = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class _Dates:
    """What the cells of a column can mean: ``text, n, reading`` of those that are three numbers, the year not first.

    ``certain`` are the moments of the other cells that are not plain.
    """

    column: Column
    numeric: pd.DataFrame
    certain: list[dt.datetime]
    keeps_day: bool

    def lacking(self, order: DateOrder) -> int:
        """Cells that can't be read in an order."""
        return sum(
            n
            for n, r in zip(self.numeric["n"], self.numeric["reading"], strict=True)
            if not getattr(r, order)
        )

    @property
    def fitting(self) -> list[DateOrder]:
        """Orders in which every cell can be read."""
        return [order for order in DATE_ORDERS if not self.lacking(order)]

    @property
    def open_texts(self) -> list[str]:
        """Cells that mean several moments in the orders that fit, or in any where none does."""
        orders = tuple(self.fitting) or DATE_ORDERS
        return [
            text
            for text, reading in zip(self.numeric["text"], self.numeric["reading"], strict=True)
            if len(reading.among(orders)) > 1
        ]


def inspect_dates(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Find the order of dates of each file's columns; see `inspect.Inspection`.

    A date such as 03/04/2024 can be read in two ways. The other cells of its column decide; then the other columns of
    the file, where so few numbers stand that they are years, the period of the export's other dates, and its other
    files.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the sliced tables.
    params : mapping
        Market -> its parameters; ``date_order`` wins over what a column shows, and is held against it.

    Returns
    -------
    list of LeadSmartError
        Columns that can't be read, contradict what is stated, or can be read in several ways.
    """
    problems: list[LeadSmartError] = []
    stated = list_formats(connection)
    found = []
    for table, columns in DATE_COLUMNS.items():
        for name in columns:
            for column in date_columns(connection, table, name):
                readings = pd.Series([read_moment(text) for text in column.cells["text"]], dtype="object")
                cells = column.cells.assign(reading=readings.array)
                lost = pick(cells, [not r.among(DATE_ORDERS) for r in cells["reading"]])
                lost = lost[[clean_text(text) is not None for text in lost["text"]]] if len(lost) else lost
                problems += report_unreadable(connection, column, lost, "dates", _REMEDY)
                numeric = pick(cells, [not r.dmy == r.mdy == r.ymd for r in cells["reading"]])
                problems += _contradictions(column, numeric, params, stated)
                found.append(_dates(column, cells, numeric, params, stated))
    if not any(len(dates.numeric) or dates.keeps_day for dates in found):
        return problems
    proven = {
        (d.column.table, d.column.file, d.column.name): d.fitting[0]
        for d in found
        if len(d.numeric) and len(d.fitting) == 1
    }
    period = _find_period(connection, found)
    for dates in found:
        problems += _decide(connection, dates, proven, period)
    return problems


def _dates(
    column: Column,
    cells: pd.DataFrame,
    numeric: pd.DataFrame,
    params: Mapping[str, Params],
    stated: FileFormats,
) -> _Dates:
    zoned = [r for r in cells["reading"] if r.offset is not None]
    keeps_day = column.plain["zoned"] == column.plain["midnight"] and all(r.is_midnight for r in zoned)
    own = stated.of(column.table, column.file, column.name, None)
    settled = [market for market, other in params.items() if other.date_order != "auto"]
    is_open = ~numeric["market"].isin(settled) & (own.date_order is None)
    certain = [r.dmy for r in cells["reading"] if r.dmy and r.dmy == r.mdy == r.ymd]
    return _Dates(column, numeric[is_open], certain, keeps_day and bool(zoned or column.plain["zoned"]))


def _contradictions(
    column: Column, numeric: pd.DataFrame, params: Mapping[str, Params], stated: FileFormats
) -> list[LeadSmartError]:
    own = stated.of(column.table, column.file, column.name, None).date_order
    problems: list[LeadSmartError] = []
    for order in DATE_ORDERS:
        markets = [market for market, other in params.items() if other.date_order == order]
        where = (
            numeric["market"].isin(markets) if own is None else pd.Series(own == order, index=numeric.index)
        )
        cells = pick(numeric[where], [getattr(r, order) is None for r in numeric.loc[where, "reading"]])
        if cells.empty:
            continue
        source = f"params of {', '.join(markets)}" if own is None else "mapping.yml"
        problems.append(
            InputError(
                f"date_order is {order} ({source}), but some of its dates have no such day",
                remedy="Leave it out, so that the column decides, or mend these cells",
                file=column.file,
                rule="date_order",
                column=column.name,
                count=int(cells["n"].sum()),
                examples=show_values(cells["text"]),
            )
        )
    return problems


def _decide(
    connection: duckdb.DuckDBPyConnection,
    dates: _Dates,
    proven: Mapping[tuple[str, str, str], DateOrder],
    period: Period | None,
) -> list[LeadSmartError]:
    column = dates.column
    fitting = dates.fitting if len(dates.numeric) else []
    order, reason = (fitting[0], "") if len(fitting) == 1 else (None, "")
    if dates.open_texts:
        if not fitting:
            return [_several_ways(dates, "its other dates prove different orders")]
        order, reason = _by_evidence(dates, fitting, proven, period)
        if order is None:
            return [_several_ways(dates, "nothing in the export shows which")]
    if order or dates.keeps_day:
        own = list_formats(connection).of(column.table, column.file, column.name, None)
        add_format(connection, replace(own, date_order=own.date_order or order, keeps_day=dates.keeps_day))
    if order and reason:
        example = dates.open_texts[0]
        day = getattr(read_moment(example), order).date()
        count = int(dates.numeric["n"].sum())
        text = f"{count:,} dates of {column.name} such as {show_values([example])[0]} are read as {day}: {reason}"
        add_note(connection, Note(column.file, column.table, "date format", count, text))
    return []


def _by_evidence(
    dates: _Dates,
    fitting: list[DateOrder],
    proven: Mapping[tuple[str, str, str], DateOrder],
    period: Period | None,
) -> tuple[DateOrder | None, str]:
    """The order of a column, and what shows it."""
    column = dates.column
    in_file = {o for (table, file, _), o in proven.items() if (table, file) == (column.table, column.file)}
    if len(in_file) == 1 and (order := in_file.pop()) in fitting:
        return order, f"other dates of the file are written {_NAMES[order]}"
    likely = [order for order in fitting if _has_few_years(dates, order)] or fitting
    if len(likely) == 1:
        return likely[0], f"the numbers of few years stand where {_NAMES[likely[0]]} has the year"
    if period is not None:
        inside = {order: _share_inside(dates, order, period) for order in likely}
        best = max(likely, key=lambda order: inside[order])
        if inside[best] >= _INSIDE and all(inside[o] <= _OUTSIDE for o in likely if o != best):
            start, end = (moment.date() for moment in period)
            return best, f"so they lie in the period of the export's other dates, {start} to {end}"
    elsewhere = set(proven.values())
    if len(elsewhere) == 1 and (order := elsewhere.pop()) in likely:
        return order, f"dates of other files are written {_NAMES[order]}"
    return None, ""


def _has_few_years(dates: _Dates, order: DateOrder) -> bool:
    years = {getattr(r, order).year for r in dates.numeric["reading"] if getattr(r, order)}
    return len(years) <= _FEW_YEARS


def _share_inside(dates: _Dates, order: DateOrder, period: Period) -> float:
    start, end = period[0] - _AROUND, period[1] + _AROUND
    inside = sum(
        n
        for n, r in zip(dates.numeric["n"], dates.numeric["reading"], strict=True)
        if (moment := getattr(r, order)) and start <= moment <= end
    )
    return float(inside / dates.numeric["n"].sum())


def _find_period(connection: duckdb.DuckDBPyConnection, found: list[_Dates]) -> Period | None:
    """The days of the export's dates that can be read one way only, a few slips aside."""
    tables = {
        table: columns for table, columns in DATE_COLUMNS.items() if table_exists(connection, sliced(table))
    }
    plain = " UNION ALL ".join(
        f"SELECT try_cast({column}[1:10] AS TIMESTAMP) AS day FROM {sliced(table)} "
        f"WHERE regexp_matches({column}, {quote_text(STARTS_WITH_DAY)})"
        for table, columns in tables.items()
        for column in columns
    )
    [ends] = connection.execute(f"SELECT quantile_disc(day, [0.005, 0.995]) FROM ({plain})").fetchall()
    days = list(ends[0] or [])
    for dates in found:
        moments = sorted(dates.certain)
        days += [moments[round(share * (len(moments) - 1))] for share in (0.005, 0.995) if moments]
    return (min(days), max(days)) if days else None


def _several_ways(dates: _Dates, reason: str) -> InputError:
    texts = dates.open_texts
    certain = [text for text in dates.numeric["text"] if text not in set(texts)]
    return InputError(
        f"dates can be read in several orders of day, month and year; {reason}",
        remedy="Set date_order in the market's file, or write dates as 2024-06-01",
        file=dates.column.file,
        rule="date_order",
        column=dates.column.name,
        count=int(dates.numeric.loc[dates.numeric["text"].isin(texts), "n"].sum()),
        examples=show_values([texts[0], *certain[:2], *texts[1:]]),
    )
