"""Rows of other systems' files as rows of the export's tables: one SQL expression per column.

Nothing is changed but what the mapping names. Lines that are no rows (titles, totals, footers, events of other
properties) are noted with their file and number.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from leadsmart.cleaning.mapping.expressions import Cells, build_expressions
from leadsmart.cleaning.mapping.joining import join_campaigns, keep_names
from leadsmart.cleaning.mapping.model import DATE_COLUMNS, NUMBER_COLUMNS, TableMapping
from leadsmart.cleaning.mapping.opening import MappedFile, as_text_source
from leadsmart.cleaning.mapping.skipping import ROWS, check_currency, skip_lines
from leadsmart.cleaning.parsing.columns import REQUIRED_COLUMNS
from leadsmart.cleaning.parsing.file_formats import ColumnFormat, add_format, create_formats
from leadsmart.cleaning.parsing.ids import create_ids
from leadsmart.cleaning.parsing.notes import Note, add_note, create_notes
from leadsmart.cleaning.parsing.raw_rows import FILE, IS_UNPARSABLE, LINE, ORDER, ReadableFile, stage_table
from leadsmart.cleaning.parsing.sql import quote_name
from leadsmart.vocabulary import CAMPAIGNS, TABLES


def stage_export(
    connection: duckdb.DuckDBPyConnection, files: Mapping[str, Sequence[ReadableFile]], staging: Path
) -> dict[str, list[str]]:
    """Read all files of an export, with tables for what is noted of them, how they are written, and their ids.

    Parameters
    ----------
    connection : DuckDBPyConnection
        An empty database.
    files : mapping
        Table -> its files in order, see `open_export`; a table without any has no rows.
    staging : Path
        Folder for converted copies.

    Returns
    -------
    dict
        Table -> its columns, see `stage_table`.
    """
    create_notes(connection)
    create_formats(connection)
    tables = dict.fromkeys([*TABLES, *files])
    columns = {table: stage_files(connection, table, files.get(table, ()), staging) for table in tables}
    create_ids(connection)
    return columns


def stage_files(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    files: Sequence[ReadableFile],
    staging: Path,
) -> list[str]:
    """Read all files of a table into a DuckDB table of the same name, mapped ones among them.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the campaigns staged already where files are joined by a campaign's name.
    table : str
    files : sequence of ReadableFile
        In order.
    staging : Path
        Folder for converted copies.

    Returns
    -------
    list of str
        See `stage_table`.

    Raises
    ------
    InputError
        If money of a file is in several currencies, or campaigns share the names by which rows are joined.
    """
    mapped = [(order, file) for order, file in enumerate(files) if isinstance(file, MappedFile)]
    own = [file for file in files if not isinstance(file, MappedFile)]
    columns = stage_table(connection, table, own, staging)
    for order, file in mapped:
        _stage_mapped(connection, table, file, order, staging)
        columns += [column for column in file.mapping.filled_columns if column not in columns]
    return columns


def _stage_mapped(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    file: MappedFile,
    order: int,
    staging: Path,
) -> None:
    entry = file.mapping
    readable = as_text_source(file, staging)
    raw_columns = tuple(f"f{i}" for i in range(len(file.fields)))
    raw = ReadableFile(readable.source, readable.header, raw_columns, () if readable.header else file.fields)
    connection.execute(f"DROP TABLE IF EXISTS {ROWS}")
    stage_table(connection, ROWS, [raw], staging)
    if readable.source != file.source:
        readable.source.path.unlink(missing_ok=True)
    cells = Cells(file.fields)

    def note(kind: str, rows: int, text: str) -> None:
        add_note(connection, Note(file.source.name, entry.table, kind, rows, text))

    _keep_formats(connection, entry, file.source.name)
    skip_lines(connection, entry, cells, note)
    check_currency(connection, entry, cells, file.source.name)
    expressions = build_expressions(entry, cells)
    source = ROWS
    if entry.joins:
        join_campaigns(connection, table, entry, expressions, cells, file.source.name, note)
        source = f"{ROWS} r LEFT JOIN joined USING ({LINE})"
        expressions["campaign_id"] = "joined.id"
    for column in dict.fromkeys((*REQUIRED_COLUMNS[table], *entry.filled_columns)):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {quote_name(column)} VARCHAR")
    if table == CAMPAIGNS:
        keep_names(connection, expressions)
    picked = ", ".join(
        f"{expressions.get(column, 'NULL')} AS {quote_name(column)}" for column in entry.filled_columns
    )
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT {FILE}, {LINE}, {order} AS {ORDER}, {IS_UNPARSABLE}, {picked} "
        f"FROM {source}"
    )
    connection.execute(f"DROP TABLE {ROWS}")


def _keep_formats(connection: duckdb.DuckDBPyConnection, entry: TableMapping, file: str) -> None:
    """Keep what the mapping says of dates and numbers, which wins over what the columns show."""
    for column in entry.columns:
        order = entry.date_order if column in DATE_COLUMNS else None
        comma = entry.decimal_comma if column in NUMBER_COLUMNS else None
        if order is not None or comma is not None:
            add_format(connection, ColumnFormat(entry.target, file, column, order, comma, is_stated=True))
