"""Open files of other systems as a mapping says: encoding, sheet, title lines and header."""

import csv
import datetime as dt
import difflib
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb
import python_calamine

from leadsmart.cleaning.mapping.files import is_workbook, mapped_sources
from leadsmart.cleaning.mapping.model import ExportMapping, TableMapping
from leadsmart.cleaning.parsing.encodings import HEAD_BYTES, detect_encoding, open_bytes, read_head
from leadsmart.cleaning.parsing.headers import DELIMITERS, Header, split_line
from leadsmart.cleaning.parsing.raw_rows import ReadableFile
from leadsmart.cleaning.parsing.sources import SourceFile
from leadsmart.cleaning.values.texts import clean_text
from leadsmart.errors import InputError, LeadSmartError
from leadsmart.vocabulary import OPTIONAL_TABLES

_CHUNK_CHARACTERS: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class MappedFile(ReadableFile):
    """A file of another system in which every header that its mapping names was found.

    Attributes
    ----------
    columns : tuple of str
        Columns that its rows will have; those of `header` are ``f0``, ``f1`` … per field of the file.
    fields : tuple of str
        Headers of the file, or names of its Parquet columns.
    mapping : TableMapping
        How the fields become the columns.
    """

    mapping: TableMapping


def open_mapped(
    folder: Path, mapping: ExportMapping, table: str
) -> tuple[list[ReadableFile], list[LeadSmartError]]:
    """Files that a mapping names for a table, and what is wrong with them.

    Parameters
    ----------
    folder : Path
        The export.
    mapping : ExportMapping
    table : str

    Returns
    -------
    (list of ReadableFile, list of LeadSmartError)
        Files whose headers hold all that the mapping names, in the order of the mapping.
    """
    opened: list[ReadableFile] = []
    problems: list[LeadSmartError] = []
    for entry in mapping.tables:
        if entry.target != table:
            continue
        try:
            sources = mapped_sources(folder, entry)
        except InputError as error:
            problems.append(error)
            continue
        for source in sources:
            try:
                own_words = entry.model_copy(update={"statuses": {**mapping.statuses, **entry.statuses}})
                opened.append(open_foreign(source, own_words))
            except InputError as error:
                problems.append(error)
    return opened, problems


def open_foreign(source: SourceFile, entry: TableMapping) -> MappedFile:
    """Find the header of a file, and in it every header that its mapping names.

    Parameters
    ----------
    source : SourceFile
    entry : TableMapping

    Returns
    -------
    MappedFile

    Raises
    ------
    InputError
        If the file can't be read, or a header isn't where the mapping says.
    """
    if source.is_parquet and source.member is None:
        fields, header = parquet_fields(source), None
    else:
        lines = read_lines(source, entry.sheet, entry.encoding)
        header, fields = _parse_header(lines, source, entry)
    positions = find_headers(fields)
    for name in entry.headers:
        key = header_key(name)
        if key not in positions:
            close = difflib.get_close_matches(name, [f for f in fields if f.strip()], n=1, cutoff=0.5)
            hint = (
                f"Did you mean {close[0]!r}?" if close else "Mend mapping.yml, or export the file as before"
            )
            raise InputError(
                "lacks a header that mapping.yml names", remedy=hint, file=source.name, column=name
            )
        if positions[key] is None:
            raise InputError(
                "has a header twice that mapping.yml names",
                remedy="Rename one of them in the export",
                file=source.name,
                column=name,
            )
    return MappedFile(source, header, entry.filled_columns, fields, mapping=entry)


def header_key(name: str) -> str:
    """A header as it is compared: without case, invisible characters and superfluous blanks."""
    return (clean_text(name) or "").casefold()


def find_headers(fields: Sequence[str]) -> dict[str, int | None]:
    """Header as it is compared -> its position, None where it stands twice."""
    positions: dict[str, int | None] = {}
    for i, field in enumerate(fields):
        key = header_key(field)
        positions[key] = None if key in positions else i
    return positions


def read_lines(source: SourceFile, sheet: str | None = None, encoding: str | None = None) -> list[str]:
    """The first lines of a file; a workbook's rows as lines of CSV.

    Parameters
    ----------
    source : SourceFile
    sheet : str, optional
        Of a workbook; its first by default.
    encoding : str, optional
        By default the one that the file looks like.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If the file can't be read or is no table.
    """
    if is_workbook(source):
        return _as_csv(read_sheet(source, sheet)).split("\n")
    head = read_head(source)
    text = decode(head, source, encoding).replace("\0", "").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n" if "\n" not in text else " ").split("\n")
    # the last may be cut in its middle
    return lines[:-1] if len(head) >= HEAD_BYTES else lines


def decode(data: bytes, source: SourceFile, encoding: str | None) -> str:
    """Bytes as text, in the stated encoding or the one that they look like."""
    try:
        return data.decode(encoding or detect_encoding(data), errors="replace")
    except LookupError as error:
        raise InputError(
            f"no encoding is called {encoding!r}", remedy="Write utf-8, utf-16 or cp1256", file=source.name
        ) from error


def list_sheets(source: SourceFile) -> list[str]:
    """Names of a workbook's sheets."""
    return list(_open_workbook(source).sheet_names)


def read_sheet(source: SourceFile, sheet: str | None = None) -> list[list[str]]:
    """Rows of a sheet as text, empty ones too, so that the n-th is the sheet's row n.

    Parameters
    ----------
    source : SourceFile
    sheet : str, optional
        The first by default.

    Returns
    -------
    list of list of str

    Raises
    ------
    InputError
        If the file is no workbook, or has no such sheet.
    """
    workbook = _open_workbook(source)
    if sheet is not None and sheet not in workbook.sheet_names:
        raise InputError(
            f"has no sheet {sheet!r}",
            remedy=f"Its sheets are {', '.join(workbook.sheet_names)}",
            file=source.name,
        )
    rows = workbook.get_sheet_by_name(sheet or workbook.sheet_names[0]).to_python(skip_empty_area=False)
    return [[_cell_text(cell) for cell in row] for row in rows]


def as_text_source(file: MappedFile, staging: Path) -> MappedFile:
    """The file itself, or a copy in UTF-8 where it is a workbook or its encoding is stated; rows keep its name.

    Parameters
    ----------
    file : MappedFile
    staging : Path
        Folder for converted copies.

    Returns
    -------
    MappedFile
    """
    source, entry = file.source, file.mapping
    if file.header is None or not (is_workbook(source) or entry.encoding):
        return file
    with tempfile.NamedTemporaryFile(
        "w", dir=staging, suffix=".csv", delete=False, encoding="utf-8", newline=""
    ) as out:
        if is_workbook(source):
            out.write(_as_csv(read_sheet(source, entry.sheet)))
        else:
            with open_bytes(source) as raw:
                text = io.TextIOWrapper(raw, encoding=entry.encoding, errors="replace", newline="")
                while chunk := text.read(_CHUNK_CHARACTERS):
                    out.write(chunk)
    return replace(file, source=SourceFile(Path(out.name), source.name))


def parquet_fields(source: SourceFile) -> tuple[str, ...]:
    """Names of a Parquet file's columns.

    Parameters
    ----------
    source : SourceFile

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
        If it is none.
    """
    connection = duckdb.connect()
    try:
        described = connection.execute(
            "DESCRIBE SELECT * FROM read_parquet(?)", [str(source.path)]
        ).fetchall()
    except duckdb.Error as error:
        raise InputError("is not a Parquet file", remedy="Export it again", file=source.name) from error
    finally:
        connection.close()
    return tuple(row[0] for row in described)


def _parse_header(
    lines: list[str], source: SourceFile, entry: TableMapping
) -> tuple[Header, tuple[str, ...]]:
    wanted = {header_key(name) for name in entry.headers}

    def found(line: str) -> tuple[int, int, str, list[str]]:
        delimiters = entry.delimiter or ("," if is_workbook(source) else DELIMITERS)
        split = [(split_line(line, d), d) for d in delimiters]
        # most wanted headers first; max keeps the first delimiter on a tie
        return max(
            ((len(wanted & {*map(header_key, f)}), len(f), d, f) for f, d in split), key=lambda x: x[:2]
        )

    if len(lines) <= entry.title_lines or not lines[entry.title_lines].strip():
        raise InputError(
            f"has no header on line {entry.title_lines + 1}",
            remedy="Write the number of lines above it as title_lines in mapping.yml",
            file=source.name,
        )
    hits, _, delimiter, fields = found(lines[entry.title_lines])
    if hits < len(wanted):
        elsewhere = [i for i, line in enumerate(lines[:40]) if line.strip() and found(line)[0] == len(wanted)]
        if elsewhere:
            raise InputError(
                f"has its header on line {elsewhere[0] + 1}, not on line {entry.title_lines + 1}",
                remedy=f"Write `title_lines: {elsewhere[0]}` in mapping.yml",
                file=source.name,
            )
    names = tuple(f"f{i}" for i in range(len(fields)))
    has_row = any(line.strip(" \t,;|\"'") for line in lines[entry.title_lines + 1 :])
    if not has_row and entry.target not in OPTIONAL_TABLES:
        raise InputError("has a header and no row", remedy="Export it again with its rows", file=source.name)
    return Header(delimiter, entry.title_lines + 1, names), tuple(fields)


def _open_workbook(source: SourceFile) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_path(source.path)
    except (python_calamine.CalamineError, OSError) as error:
        raise InputError(
            "is no workbook that can be read", remedy="Save it as .xlsx or CSV UTF-8", file=source.name
        ) from error


def _cell_text(cell: object) -> str:
    """A cell as an export would write it; a line of CSV is a row, so that text has no line ends."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e18:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return " ".join(str(cell).splitlines())


def _as_csv(rows: Sequence[Sequence[str]]) -> str:
    width = max(map(len, rows), default=0)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*row, *[""] * (width - len(row))] for row in rows)
    return text.getvalue()
