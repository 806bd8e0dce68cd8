"""Raw rows of export files in DuckDB: every field a string, every row with its file and line."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from leadsmart.cleaning.mapping.model import TableMapping
from leadsmart.cleaning.reading.encodings import as_utf8, detect_encoding, read_head
from leadsmart.cleaning.reading.headers import Header, check_columns, match_columns, parse_header
from leadsmart.cleaning.reading.sources import Source
from leadsmart.errors import InputError

#: Columns that every raw row carries beside its fields.
FILE: Final = "_file"
LINE: Final = "_line"
ORDER: Final = "_order"
IS_UNPARSABLE: Final = "_is_unparsable"
ORIGIN_COLUMNS: Final = (FILE, LINE, ORDER, IS_UNPARSABLE)

#: A quoted field that runs over more lines than this was never closed.
MAX_RECORD_LINES: Final = 200
BATCH_ROWS: Final = 50_000


@dataclass(frozen=True)
class ReadableFile:
    """A source whose header is understood.

    Attributes
    ----------
    source : Source
    header : Header or None
        None for Parquet, whose columns have names of their own.
    columns : tuple of (str or None)
        See `Header`.
    fields : tuple of str
        Names of the Parquet columns, or headers of a file that a mapping names; else empty.
    mapping : TableMapping or None
        How the file's fields become `columns`; None for the platform's own form.
    """

    source: Source
    header: Header | None
    columns: tuple[str | None, ...]
    fields: tuple[str, ...] = ()
    mapping: TableMapping | None = None


def open_table_file(source: Source, table: str) -> ReadableFile:
    """Read the header of a source.

    Raises
    ------
    InputError
        If the file is hopeless, lacks a column or has no row under its header.
    """
    if source.is_parquet and source.member is None:
        return _open_parquet(source, table)
    head = read_head(source)
    text = decode_head(head)
    header = parse_header(text, table, source.name)
    rest = text.split("\n")[header.lines :]
    if not any(line.strip(" \r\t,;|\"'") for line in rest):
        raise InputError("has a header and no row", remedy="Export it again with its rows", file=source.name)
    return ReadableFile(source, header, header.columns)


def decode_head(head: bytes) -> str:
    """The beginning of a file as text with plain line ends."""
    text = head.decode(detect_encoding(head), errors="replace").replace("\0", "").removeprefix("\ufeff")
    # as `as_utf8` does with the whole file
    return text.replace("\r\n", "\n").replace("\r", " ") if "\n" in text else text.replace("\r", "\n")


def _open_parquet(source: Source, table: str) -> ReadableFile:
    connection = duckdb.connect()
    try:
        place = [str(source.path)]
        described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", place).fetchall()
        rows = connection.execute("SELECT count(*) FROM read_parquet(?)", place).fetchone()[0]
        fields = tuple(row[0] for row in described)
    except duckdb.Error as error:
        raise InputError("is not a Parquet file", remedy="Export it again", file=source.name) from error
    finally:
        connection.close()
    columns = match_columns(fields, table)
    check_columns(columns, fields, table, source.name)
    if rows == 0:
        raise InputError("has no row", remedy="Export it again with its rows", file=source.name)
    return ReadableFile(source, None, columns, fields)


def stage_table(
    connection: duckdb.DuckDBPyConnection, table: str, files: list[ReadableFile], staging: Path
) -> list[str]:
    """Read all files of a table into a DuckDB table of the same name.

    Parameters
    ----------
    connection : DuckDBPyConnection
    table : str
    files : list of ReadableFile
        In order; rows keep the number of their file in ``_order``.
    staging : Path
        Folder for converted copies.

    Returns
    -------
    list of str
        The table's columns without those of the origin. A column that a file lacks is NULL in its rows.
    """
    columns = list(dict.fromkeys(name for file in files for name in file.columns if name is not None))
    fields = ", ".join(f"{_quoted(name)} VARCHAR" for name in columns)
    connection.execute(
        f"CREATE TABLE {table} ({FILE} VARCHAR, {LINE} BIGINT, {ORDER} INTEGER, {IS_UNPARSABLE} BOOLEAN, {fields})"
    )
    for order, file in enumerate(files):
        if file.header is None:
            _stage_parquet(connection, table, file, order)
            continue
        text = as_utf8(file.source, staging)
        if not _stage_fast(connection, table, file, order, text.path, text.lines):
            _stage_carefully(connection, table, file, order, text.path)
        if text.path != file.source.path:
            text.path.unlink()
    return columns


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _stage_parquet(connection: duckdb.DuckDBPyConnection, table: str, file: ReadableFile, order: int) -> None:
    picked = ", ".join(
        f"CAST({_quoted(field)} AS VARCHAR) AS {_quoted(column)}"
        for field, column in zip(file.fields, file.columns, strict=True)
        if column is not None
    )
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT ? AS {FILE}, row_number() OVER () AS {LINE}, ? AS {ORDER}, "
        f"false AS {IS_UNPARSABLE}, {picked} FROM read_parquet(?)",
        [file.source.name, order, str(file.source.path)],
    )


def _stage_fast(
    connection: duckdb.DuckDBPyConnection, table: str, file: ReadableFile, order: int, path: Path, lines: int
) -> bool:
    """Let DuckDB parse the file; False, and nothing inserted, where a row is not exactly one line."""
    header = file.header
    raw = [f"c{i}" for i in range(len(file.columns))]
    picked = ", ".join(
        f"{name} AS {_quoted(column)}"
        for name, column in zip(raw, file.columns, strict=True)
        if column is not None
    )
    is_blank = " AND ".join(f"trim(coalesce({name}, '')) = ''" for name in raw)
    connection.execute("BEGIN")
    try:
        connection.execute(
            f"INSERT INTO {table} BY NAME SELECT ? AS {FILE}, n + {header.lines} AS {LINE}, ? AS {ORDER}, "
            f"({is_blank}) AS {IS_UNPARSABLE}, {picked} FROM (SELECT *, row_number() OVER () AS n FROM read_csv("
            "?, auto_detect=false, header=false, all_varchar=true, strict_mode=true, null_padding=false, "
            f"quote='\"', escape='\"', delim={_literal(header.delimiter)}, skip={header.lines}, "
            f"columns={{{', '.join(f'{name!r}: {chr(39)}VARCHAR{chr(39)}' for name in raw)}}}))",
            [file.source.name, order, str(path)],
        )
        counted = connection.execute(
            f"SELECT count(*), max({LINE}) FROM {table} WHERE {ORDER} = ?", [order]
        ).fetchone()
        if counted[0] + header.lines != lines or (counted[0] and counted[1] != lines):
            connection.execute("ROLLBACK")
            return False
        # nothing can be unparsable here, so that the column is free to mark blank records
        connection.execute(f"DELETE FROM {table} WHERE {ORDER} = ? AND {IS_UNPARSABLE}", [order])
    except duckdb.Error:
        connection.execute("ROLLBACK")
        return False
    connection.execute("COMMIT")
    return True


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _stage_carefully(
    connection: duckdb.DuckDBPyConnection, table: str, file: ReadableFile, order: int, path: Path
) -> None:
    """Parse the file record by record; a record that can't be parsed keeps its line number and no text."""
    names = file.header.names
    picks = [i for i, column in enumerate(file.columns) if column is not None]
    with path.open(encoding="utf-8", newline="\n", errors="replace") as lines:
        records = iterate_records(lines, file.header)
        while batch := [record for _, record in zip(range(BATCH_ROWS), records, strict=False)]:
            arrays = {LINE: pa.array([line for line, _ in batch], pa.int64())}
            arrays[IS_UNPARSABLE] = pa.array([fields is None for _, fields in batch], pa.bool_())
            for position, name in zip(picks, names, strict=True):
                arrays[name] = pa.array([f and f[position] for _, f in batch], pa.string())
            connection.register("batch", pa.table(arrays))
            connection.execute(
                f"INSERT INTO {table} BY NAME SELECT *, ? AS {FILE}, ? AS {ORDER} FROM batch",
                [file.source.name, order],
            )
            connection.unregister("batch")


def iterate_records(lines: Iterator[str], header: Header) -> Iterator[tuple[int, list[str] | None]]:
    """Records of a file below its header.

    A record may run over several lines inside quotes. Where the quotes never close, or where the next line
    is whole by itself, the first line alone is unparsable, so that a slip never costs the rows below it.

    Yields
    ------
    (int, list of str or None)
        Line number and fields; None for a record that has too few or too many fields. Blank records are
        left out.
    """
    width, delimiter = len(header.columns), header.delimiter
    numbered = enumerate(lines, start=1)
    ahead: list[tuple[int, str]] = []

    def peek(position: int) -> str | None:
        while len(ahead) <= position:
            following = next(numbered, None)
            if following is None:
                return None
            ahead.append((following[0], following[1].rstrip("\r\n")))
        return ahead[position][1]

    for _ in range(header.lines):
        if peek(0) is not None:
            ahead.pop(0)
    while (text := peek(0)) is not None:
        number = ahead.pop(0)[0]
        if '"' not in text:
            fields = text.split(delimiter)
        else:
            fields = _split(text, delimiter)
            if fields is None:
                fields, used = _join(text, peek, width, delimiter)
                del ahead[:used]
        if not any(field.strip() for field in fields):
            continue
        if len(fields) > width and not any(field.strip() for field in fields[width:]):
            fields = fields[:width]
        yield number, fields if len(fields) == width else None


def _split(text: str, delimiter: str) -> list[str] | None:
    """Fields of a record, or None where a quote is still open or stands where it can't."""
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None


def _join(text: str, peek, width: int, delimiter: str) -> tuple[list[str], int]:
    """Fields of a record that may run over the following lines, and how many of those it takes."""
    joined = text
    for position in range(MAX_RECORD_LINES):
        following = peek(position)
        if following is None:
            break
        alone = following.split(delimiter) if '"' not in following else _split(following, delimiter)
        if alone is not None and len(alone) == width:
            break
        joined = f"{joined}\n{following}"
        if '"' not in following:
            continue
        fields = _split(joined, delimiter)
        if fields is not None:
            if len(fields) == width:
                return fields, position + 1
            break
    # quotes inside a field that is not quoted as a whole are text
    loose = next(csv.reader([text], delimiter=delimiter), [])
    return loose, 0
