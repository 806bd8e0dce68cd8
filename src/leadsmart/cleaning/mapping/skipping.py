"""Lines of another system's file that are no rows, and what else a reader should know of how a mapping was applied."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from leadsmart.cleaning.mapping.expressions import Cells, filled, plain_number, quote
from leadsmart.cleaning.mapping.model import TableMapping
from leadsmart.cleaning.reading.raw_rows import IS_UNPARSABLE, LINE
from leadsmart.errors import InputError

#: Written beside the slices: what was passed over or decided while a mapping was applied.
NOTES_FILE: Final = "mapping_notes.json"
#: The file's rows, while they are staged, and the notes of all files.
ROWS: Final = "foreign_rows"
NOTES: Final = "mapping_notes"

#: Keeps a note: kind, number of lines or rows, sentence.
Keep = Callable[[str, int, str], None]


@dataclass(frozen=True)
class Note:
    """Something that a reader of the data should know.

    Attributes
    ----------
    file, table : str
        As exported, and the table that it feeds.
    kind : str
        ``title``, ``total``, ``footer``, ``other``, ``stated total``, ``joined by name`` or ``no campaign``.
    rows : int
        How many lines or rows.
    text : str
        A sentence.
    """

    file: str
    table: str
    kind: str
    rows: int
    text: str


def write_notes(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the notes of a split into its folder; nothing where no mapping was applied."""
    if not table_exists(connection, NOTES):
        return
    rows = connection.execute(f"SELECT file, tab, kind, n, said FROM {NOTES}").fetchall()
    text = json.dumps([dict(zip(Note.__annotations__, row, strict=True)) for row in rows], ensure_ascii=False)
    (folder / NOTES_FILE).write_text(text, encoding="utf-8")


def read_notes(folder: Path) -> list[Note]:
    """What was passed over or decided while a mapping was applied; empty where none was."""
    path = folder / NOTES_FILE
    return [Note(**row) for row in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []


def note_lines(folder: Path) -> list[str]:
    """The notes of a split as lines for the terminal."""
    return [f"{note.file} as {note.table}: {note.text}" for note in read_notes(folder)]


def skip_lines(
    connection: duckdb.DuckDBPyConnection,
    entry: TableMapping,
    cells: Cells,
    note: Keep,
) -> None:
    """Take lines that are no rows out, and say which."""
    if entry.title_lines:
        note("title", entry.title_lines, f"{_lines(entry.title_lines)} above the header passed over")
    if entry.footer_lines:
        found = _delete(
            connection,
            f"{IS_UNPARSABLE} AND {LINE} > (SELECT coalesce(max({LINE}), 0) FROM {ROWS} WHERE NOT {IS_UNPARSABLE}) "
            f"AND {LINE} IN (SELECT {LINE} FROM {ROWS} ORDER BY {LINE} DESC LIMIT {entry.footer_lines})",
        )
        if found:
            note("footer", len(found), f"footer passed over: {_places(found)}")
    if entry.only:
        conditions = [
            f"coalesce(lower(trim({cells(header)})) NOT IN ({', '.join(quote(v.strip().lower()) for v in values)}), true)"
            for header, values in entry.only.items()
        ]
        found = _delete(connection, f"NOT {IS_UNPARSABLE} AND ({' OR '.join(conditions)})")
        if found:
            headers = ", ".join(entry.only)
            note("other", len(found), f"{_lines(len(found))} of another {headers} passed over")
    _pass_over_totals(connection, entry, cells, note)


def _pass_over_totals(
    connection: duckdb.DuckDBPyConnection,
    entry: TableMapping,
    cells: Cells,
    note: Keep,
) -> None:
    rule, conditions = entry.total_lines, []
    fields = [row[0] for row in connection.execute(f"DESCRIBE {ROWS}").fetchall() if row[0].startswith("f")]
    first = f"lower(coalesce({', '.join(map(filled, fields))}))"
    conditions += [f"starts_with({first}, {quote(word.lower())})" for word in rule.starts_with]
    if rule.empty:
        conditions.append(
            " AND ".join(f"trim(coalesce({cells(h)}, '')) IN ('', '-', '--')" for h in rule.empty)
        )
    if not conditions:
        return
    is_total = f"NOT {IS_UNPARSABLE} AND ({' OR '.join(f'({c})' for c in conditions)})"
    stated, summed = None, None
    if "spend" in entry.columns:
        spend = plain_number(cells.of(entry.columns["spend"]), entry)
        amount = f"try_cast(replace({spend}, ',', '') AS DECIMAL(18, 4))"
        row: Any = connection.execute(
            f"SELECT max({amount}) FILTER ({is_total}), sum({amount}) FILTER (NOT ({is_total})) FROM {ROWS}"
        ).fetchone()
        stated, summed = row
    found = _delete(connection, is_total)
    if not found:
        return
    note("total", len(found), f"total passed over: {_places(found)}")
    if stated is not None and summed is not None and abs(stated - summed) >= 1:
        note(
            "stated total",
            len(found),
            f"the file states a total of {stated:,.2f}, its rows add up to {summed:,.2f} "
            f"(difference {stated - summed:+,.2f})",
        )


def check_currency(
    connection: duckdb.DuckDBPyConnection, entry: TableMapping, cells: Cells, file: str
) -> None:
    """Refuse a file whose rows state another currency than its mapping."""
    if not entry.currency_header:
        return
    cell = f"upper(trim(coalesce({cells(entry.currency_header)}, '')))"
    others = connection.execute(
        f"SELECT {cell}, count(*) FROM {ROWS} WHERE NOT {IS_UNPARSABLE} AND {cell} <> ? GROUP BY 1 ORDER BY 2 DESC",
        [entry.currency],
    ).fetchall()
    if others:
        raise InputError(
            f"has rows in another currency than {entry.currency}",
            remedy="Export each currency to a file of its own, for a market of its own",
            file=file,
            column=entry.currency_header,
            count=sum(n for _, n in others),
            examples=[currency for currency, _ in others],
        )


def table_exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a table was made in this connection."""
    found: Any = connection.execute(
        "SELECT count(*) FROM information_schema.tables WHERE table_name = ?", [table]
    ).fetchone()
    return bool(found[0])


def _delete(connection: duckdb.DuckDBPyConnection, condition: str) -> list[int]:
    """Take rows out; the lines they stood on."""
    lines = connection.execute(f"SELECT {LINE} FROM {ROWS} WHERE {condition} ORDER BY {LINE}").fetchall()
    connection.execute(f"DELETE FROM {ROWS} WHERE {condition}")
    return [line for (line,) in lines]


def _places(lines: Sequence[int], most: int = 5) -> str:
    shown = ", ".join(f"{line:,}" for line in lines[:most])
    more = f" and {len(lines) - most:,} more" if len(lines) > most else ""
    return f"{'line' if len(lines) == 1 else 'lines'} {shown}{more}"


def _lines(count: int) -> str:
    return f"{count:,} {'line' if count == 1 else 'lines'}"
