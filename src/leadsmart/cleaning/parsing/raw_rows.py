"""Raw rows of export files in DuckDB: every field a string, every row with its file and line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from leadsmart.cleaning.parsing.columns import REQUIRED_COLUMNS
from leadsmart.cleaning.parsing.encodings import Utf8Text, as_utf8, decode_head, read_head
from leadsmart.cleaning.parsing.headers import Header, check_columns, match_columns, parse_header
from leadsmart.cleaning.parsing.records import iterate_records
from leadsmart.cleaning.parsing.sources import SourceFile
from leadsmart.cleaning.parsing.sql import fetch_rows, quote_name, quote_text
from leadsmart.errors import InputError
from leadsmart.vocabulary import OPTIONAL_TABLES

#: Columns that every raw row carries beside its fields.
FILE: Final = "_file"
LINE: Final = "_line"
ORDER: Final = "_order"
IS_UNPARSABLE: Final = "_is_unparsable"
#: Those columns with their types in pandas.
ORIGIN_TYPES: Final = {FILE: "str", LINE: "int64", ORDER: "int32", IS_UNPARSABLE: "bool"}
#: Column of the sliced tables: the market a row goes to.
MARKET_COLUMN: Final = "_market"

_BATCH_ROWS: Final = 50_000


@dataclass(frozen=True)
class ReadableFile:
    """A source whose header is understood.

    Attributes
    ----------
    source : SourceFile
    header : Header or None
        None for Parquet, whose columns have names of their own.
    columns : tuple of (str or None)
        See `Header`.
    fields : tuple of str
        As the file names them.
    """

    source: SourceFile
    header: Header | None
    columns: tuple[str | None, ...]
    fields: tuple[str, ...] = ()


def sliced(table: str) -> str:
    """Name of a table's copy with the column ``_market``."""
    return f"{table}_sliced"


def open_table_file(source: SourceFile, table: str) -> ReadableFile:
    """Read the header of a source.

    Parameters
    ----------
    source : SourceFile
    table : str
        A table of the vocabulary, or ``project_markets``.

    Returns
    -------
    ReadableFile

    Raises
    ------
    InputError
        If the file is hopeless, lacks a column or, of a table that every export has, has no row.
    """
    if source.is_parquet and source.member is None:
        return _open_parquet(source, table)
    text = decode_head(read_head(source))
    if table in OPTIONAL_TABLES and not text.strip():
        columns = REQUIRED_COLUMNS[table]
        return ReadableFile(source, Header(",", text.count("\n"), columns), columns)
    header = parse_header(text, table, source.name)
    rest = text.split("\n")[header.lines :]
    if table not in OPTIONAL_TABLES and not any(line.strip(" \r\t,;|\"'") for line in rest):
        raise InputError("has a header and no row", remedy="Export it again with its rows", file=source.name)
    return ReadableFile(source, header, header.columns, header.fields)


def _open_parquet(source: SourceFile, table: str) -> ReadableFile:
    try:
        with duckdb.connect() as connection:
            rows = connection.read_parquet(str(source.path))
            fields, is_empty = tuple(rows.columns), not rows.limit(1).fetchall()
    except duckdb.Error as error:
        raise InputError("is not a Parquet file", remedy="Export it again", file=source.name) from error
    columns = match_columns(fields, table)
    check_columns(columns, fields, table, source.name)
    if is_empty and table not in OPTIONAL_TABLES:
        raise InputError("has no row", remedy="Export it again with its rows", file=source.name)
    return ReadableFile(source, None, columns, fields)


def stage_table(
    connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[ReadableFile], staging: Path
) -> list[str]:
    """Read all files of a table into a DuckDB table of the same name.

    Parameters
    ----------
    connection : DuckDBPyConnection
    table : str
    files : sequence of ReadableFile
        In order; rows keep the number of their file in ``_order``.
    staging : Path
        Folder for converted copies.

    Returns
    -------
    list of str
        The table's columns without those of the origin, without a file those that it should have. A column that a
        file lacks is NULL in its rows.
    """
    named = [name for file in files for name in file.columns if name is not None]
    columns = list(dict.fromkeys(named or REQUIRED_COLUMNS.get(table, ())))
    fields = ", ".join(f"{quote_name(name)} VARCHAR" for name in columns)
    connection.execute(
        f"CREATE TABLE {table} ({FILE} VARCHAR, {LINE} BIGINT, {ORDER} INTEGER, {IS_UNPARSABLE} BOOLEAN, {fields})"
    )
    for order, file in enumerate(files):
        origin = [file.source.name, order]
        if file.header is None:
            _stage_parquet(connection, table, file, origin)
            continue
        text = as_utf8(file.source, staging)
        if not _stage_fast(connection, table, file.header, text, origin):
            _stage_carefully(connection, table, file.header, text, origin)
        if text.path != file.source.path:
            text.path.unlink()
    return columns


def _pick(fields: Iterable[str], columns: Iterable[str | None]) -> str:
    """SQL that takes the fields that are read, under the names of their columns."""
    pairs = zip(fields, columns, strict=True)
    return ", ".join(
        f"{field}::VARCHAR AS {quote_name(column)}" for field, column in pairs if column is not None
    )


def _stage_parquet(
    connection: duckdb.DuckDBPyConnection, table: str, file: ReadableFile, origin: list[object]
) -> None:
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT ? AS {FILE}, row_number() OVER () AS {LINE}, ? AS {ORDER}, "
        f"false AS {IS_UNPARSABLE}, {_pick(map(quote_name, file.fields), file.columns)} FROM read_parquet(?)",
        [*origin, str(file.source.path)],
    )


def _stage_fast(
    connection: duckdb.DuckDBPyConnection, table: str, header: Header, text: Utf8Text, origin: list[object]
) -> bool:
    """Let DuckDB parse the file; False, and nothing inserted, where a row is not exactly one line."""
    raw = [f"c{i}" for i in range(len(header.columns))]
    is_blank = " AND ".join(f"trim(coalesce({name}, '')) = ''" for name in raw)
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in raw)
    connection.execute("BEGIN")
    try:
        connection.execute(
            f"INSERT INTO {table} BY NAME SELECT ? AS {FILE}, n + {header.lines} AS {LINE}, ? AS {ORDER}, "
            f"({is_blank}) AS {IS_UNPARSABLE}, {_pick(raw, header.columns)} "
            "FROM (SELECT *, row_number() OVER () AS n FROM read_csv("
            "?, auto_detect=false, header=false, all_varchar=true, strict_mode=true, null_padding=false, "
            f"quote='\"', escape='\"', delim={quote_text(header.delimiter)}, skip={header.lines}, "
            f"columns={{{types}}}))",
            [*origin, str(text.path)],
        )
        own = f"FROM {table} WHERE {ORDER} = {origin[1]}"
        rows, last = fetch_rows(connection, f"SELECT count(*), max({LINE}) {own}")[0]
        is_whole = rows + header.lines == text.lines and (rows == 0 or last == text.lines)
        # nothing can be unparsable here, so that the column is free to mark blank records
        connection.execute(f"DELETE {own} AND {IS_UNPARSABLE}")
    except duckdb.Error:
        is_whole = False
    connection.execute("COMMIT" if is_whole else "ROLLBACK")
    return is_whole


def _stage_carefully(
    connection: duckdb.DuckDBPyConnection, table: str, header: Header, text: Utf8Text, origin: list[object]
) -> None:
    """Parse the file record by record; a record that can't be parsed keeps its line number and no text."""
    with text.path.open(encoding="utf-8", newline="\n", errors="replace") as lines:
        records = iterate_records(lines, header)
        while batch := list(islice(records, _BATCH_ROWS)):
            arrays = {LINE: pa.array([line for line, _ in batch], pa.int64())}
            arrays[IS_UNPARSABLE] = pa.array([fields is None for _, fields in batch], pa.bool_())
            for position, name in enumerate(header.columns):
                if name is not None:
                    arrays[name] = pa.array([f and f[position] for _, f in batch], pa.string())
            connection.register("batch", pa.table(arrays))
            connection.execute(
                f"INSERT INTO {table} BY NAME SELECT *, ? AS {FILE}, ? AS {ORDER} FROM batch", origin
            )
            connection.unregister("batch")
