"""How each file of an export is written, as its whole columns show: order of dates, decimal mark, grain, totals."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from typing import Any, Final

import duckdb
import pandas as pd

from leadsmart.cleaning.parsing.raw_rows import FILE
from leadsmart.cleaning.parsing.sql import fetch_rows
from leadsmart.cleaning.values.dates import DateOrder, parse_moments
from leadsmart.cleaning.values.numbers import parse_numbers
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, STATUS_EVENTS

#: Table -> its columns of moments or days, and of numbers.
DATE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    CAMPAIGNS: ("start_time", "stop_time"),
    AD_PERFORMANCE: ("created_at",),
    LEADS: ("added_date",),
    STATUS_EVENTS: ("created_at",),
}
NUMBER_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    CAMPAIGNS: ("daily_budget",),
    AD_PERFORMANCE: ("spend", "impressions", "reach", "clicks"),
}

_COLUMN_FORMATS: Final = "column_formats"
#: Files with several rows per ad set and day, and lines that state a total of others: tables of the database.
FINER_FILES: Final = "finer_files"
TOTAL_LINES: Final = "total_lines"


@dataclass(frozen=True)
class ColumnFormat:
    """How a column of a file is written.

    Attributes
    ----------
    table, file, column : str
    date_order : {"ymd", "dmy", "mdy"} or None
        None where no date needs it, or nothing shows it.
    decimal_comma : bool or None
        None where no number needs it.
    keeps_day : bool
        The column holds days that are written as midnight of some zone.
    is_stated : bool
        A mapping says so.
    """

    table: str
    file: str
    column: str
    date_order: DateOrder | None = None
    decimal_comma: bool | None = None
    keeps_day: bool = False
    is_stated: bool = False


@dataclass(frozen=True)
class FileFormats:
    """How the files of an export are written.

    Attributes
    ----------
    columns : sequence of ColumnFormat
        Of columns that need one.
    finer_files : sequence of str
        Files of delivery with several rows per ad set and day, such as one per age or hour.
    total_lines : sequence of (str, int)
        File and line of rows of delivery that state a total of others.
    """

    columns: Sequence[ColumnFormat] = ()
    finer_files: Sequence[str] = ()
    total_lines: Sequence[tuple[str, int]] = ()

    @cached_property
    def _by_column(self) -> dict[tuple[str, str, str], ColumnFormat]:
        return {(c.table, c.file, c.column): c for c in self.columns}

    def restrict(self, files: Collection[tuple[str, str]]) -> "FileFormats":
        """What is known of some files, each given with its table."""
        delivery = {file for table, file in files if table == AD_PERFORMANCE}
        return FileFormats(
            tuple(column for column in self.columns if (column.table, column.file) in files),
            tuple(file for file in self.finer_files if file in delivery),
            tuple((file, line) for file, line in self.total_lines if file in delivery),
        )

    def of(self, table: str, file: str, column: str, params: Params | None) -> ColumnFormat:
        """How a column of a file is read: as a mapping says, else the market's parameters, else as the column shows.

        Parameters
        ----------
        table, file, column : str
        params : Params or None
            Of the market; None where nothing is stated.

        Returns
        -------
        ColumnFormat
        """
        shown = self._by_column.get((table, file, column), ColumnFormat(table, file, column))
        if params is None or shown.is_stated:
            return shown
        order = shown.date_order if params.date_order == "auto" else params.date_order
        comma = shown.decimal_comma if params.decimal_comma == "auto" else params.decimal_comma
        return replace(shown, date_order=order, decimal_comma=comma)


#: Nothing is known of the files.
NO_FORMATS: Final = FileFormats()


def create_formats(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables that hold what is found out of the files while an export is split."""
    connection.execute(
        f"CREATE TABLE {_COLUMN_FORMATS} (tab VARCHAR, file VARCHAR, col VARCHAR, date_order VARCHAR, "
        "decimal_comma BOOLEAN, keeps_day BOOLEAN, is_stated BOOLEAN)"
    )
    connection.execute(f"CREATE TABLE {FINER_FILES} (file VARCHAR)")
    connection.execute(f"CREATE TABLE {TOTAL_LINES} (file VARCHAR, line BIGINT, PRIMARY KEY (file, line))")


def add_format(connection: duckdb.DuckDBPyConnection, column: ColumnFormat) -> None:
    """Keep how a column of a file is written, in place of what was known of it."""
    connection.execute(
        f"DELETE FROM {_COLUMN_FORMATS} WHERE tab = ? AND file = ? AND col = ?",
        [column.table, column.file, column.column],
    )
    connection.execute(f"INSERT INTO {_COLUMN_FORMATS} VALUES (?, ?, ?, ?, ?, ?, ?)", list(astuple(column)))


def list_formats(connection: duckdb.DuckDBPyConnection) -> FileFormats:
    """What was found out of the files so far."""
    columns = fetch_rows(connection, f"SELECT * FROM {_COLUMN_FORMATS} ORDER BY ALL")
    finer = fetch_rows(connection, f"SELECT file FROM {FINER_FILES} ORDER BY 1")
    totals = fetch_rows(connection, f"SELECT file, line FROM {TOTAL_LINES} ORDER BY 1, 2")
    return FileFormats(
        tuple(ColumnFormat(*row) for row in columns), tuple(file for (file,) in finer), tuple(totals)
    )


def formats_from(manifest: Mapping[str, Any]) -> FileFormats:
    """The formats as ``asdict`` and JSON kept them."""
    return FileFormats(
        tuple(ColumnFormat(**column) for column in manifest["columns"]),
        tuple(manifest["finer_files"]),
        tuple((file, line) for file, line in manifest["total_lines"]),
    )


def read_moments(
    rows: pd.DataFrame, table: str, column: str, params: Params | None, formats: FileFormats, timezone: str
) -> pd.DataFrame:
    """Moments of a column, each file's read as it is written; see `parse_moments`.

    Parameters
    ----------
    rows : DataFrame
        With the column and ``_file``.
    table, column : str
    params : Params or None
        Of the market.
    formats : FileFormats
    timezone : str
        Of the result.

    Returns
    -------
    DataFrame
    """
    source = params.event_timezone if params and table == STATUS_EVENTS else None

    def parse(values: pd.Series, own: ColumnFormat) -> pd.DataFrame:
        return parse_moments(
            values,
            own.date_order or "auto",
            timezone,
            source_timezone=source,
            keeps_day=own.keeps_day,
        )

    return _by_format(rows, table, column, params, formats, parse)


def read_numbers(
    rows: pd.DataFrame, table: str, column: str, params: Params | None, formats: FileFormats
) -> pd.DataFrame:
    """Numbers of a column, each file's read as it is written; see `parse_numbers`.

    Parameters
    ----------
    rows, table, column, params, formats
        See `read_moments`.

    Returns
    -------
    DataFrame
    """
    return _by_format(
        rows,
        table,
        column,
        params,
        formats,
        lambda values, own: parse_numbers(values, bool(own.decimal_comma)),
    )


def _by_format(
    rows: pd.DataFrame,
    table: str,
    column: str,
    params: Params | None,
    formats: FileFormats,
    parse: Callable[[pd.Series, ColumnFormat], pd.DataFrame],
) -> pd.DataFrame:
    """Parse files that are written in the same way together."""
    files = rows[FILE]
    own = {file: replace(formats.of(table, file, column, params), file="") for file in files.unique()}
    if len(set(own.values())) <= 1:
        return parse(rows[column], next(iter(own.values()), ColumnFormat(table, "", column)))
    parts = [
        parse(rows.loc[files.isin([file for file in own if own[file] == shown]), column], shown)
        for shown in dict.fromkeys(own.values())
    ]
    return pd.concat(parts).loc[rows.index]
