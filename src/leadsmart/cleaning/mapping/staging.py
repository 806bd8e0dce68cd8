"""Rows of other systems' files as rows of the export's tables: one SQL expression per column.

Nothing is changed but what the mapping names. Lines that are no rows (titles, totals, footers, events of other
properties) are noted with their file and number.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from leadsmart.cleaning.mapping.model import (
    CAMPAIGN_NAME,
    DATE_COLUMNS,
    ID_COLUMNS,
    NUMBER_COLUMNS,
    STATUS_COLUMNS,
    ColumnSource,
    TableMapping,
)
from leadsmart.cleaning.mapping.opening import as_text_source, find_headers, header_key
from leadsmart.cleaning.reading.raw_rows import (
    FILE,
    IS_UNPARSABLE,
    LINE,
    ORDER,
    ReadableFile,
    stage_table,
)
from leadsmart.errors import InputError
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS

#: Written beside the slices: what was passed over or decided while a mapping was applied.
NOTES_FILE: Final = "mapping_notes.json"
ROWS: Final = "foreign_rows"
NAMES: Final = "campaign_names"
NOTES: Final = "mapping_notes"

_PATTERNS: Final = {
    "dmy": ["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"],
    "mdy": ["%m/%d/%Y", "%m.%d.%Y", "%m-%d-%Y"],
}
_TIMES: Final = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"]
_ZONE_IN_BRACKETS: Final = r"\s*\((?:UTC|GMT)\s*([+-]\d\d:?\d\d)\)$"
_FIRST_GROUP: Final = r"\1"
_BLANKS: Final = r"[\s\x{00A0}\x{200B}-\x{200F}]+"
_DAY_OF_ROW: Final = {LEADS: "added_date", AD_PERFORMANCE: "created_at"}


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


def stage_files(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    files: list[ReadableFile],
    staging: Path,
) -> list[str]:
    """Read all files of a table into a DuckDB table of the same name, mapped ones among them.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the campaigns staged already where files are joined by a campaign's name.
    table : str
    files : list of ReadableFile
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
    mapped = [(order, file, file.mapping) for order, file in enumerate(files) if file.mapping is not None]
    if not mapped:
        return stage_table(connection, table, files, staging)
    own = [file for file in files if file.mapping is None]
    columns = stage_table(connection, table, own, staging)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {NOTES} (file VARCHAR, tab VARCHAR, kind VARCHAR, n BIGINT, said VARCHAR)"
    )
    for order, file, entry in mapped:
        _stage_mapped(connection, table, file, entry, order, staging)
        columns += [column for column in file.columns if column not in columns]
    return columns


def write_notes(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the notes of a split into its folder; nothing where no mapping was applied."""
    if not _exists(connection, NOTES):
        return
    rows = connection.execute(f"SELECT file, tab, kind, n, said FROM {NOTES}").fetchall()
    text = json.dumps([dict(zip(Note.__annotations__, row, strict=True)) for row in rows], ensure_ascii=False)
    (folder / NOTES_FILE).write_text(text, encoding="utf-8")


def read_notes(folder: Path) -> list[Note]:
    """What was passed over or decided while a mapping was applied; empty where none was."""
    path = folder / NOTES_FILE
    return [Note(**row) for row in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []


class _Cells:
    """SQL of the cells of a file, by header."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._positions = find_headers(fields)

    def __call__(self, header: str) -> str:
        return f"f{self._positions[header_key(header)]}"

    def of(self, source: ColumnSource) -> str:
        """The text that a column's source stands for."""
        cells = [self(header) for header in source.header]
        text = cells[0] if len(cells) == 1 else f"concat_ws(' ', {', '.join(map(_filled, cells))})"
        if source.separator is not None:
            text = f"trim(split_part({text}, {_text(source.separator)}, {source.part}))"
        if source.contains:
            whens = [
                f"WHEN contains(lower({text}), {_text(word.lower())}) THEN {_text(value)}"
                for word, value in source.contains.items()
            ]
            text = f"CASE {' '.join(whens)} END"
        return text


def _stage_mapped(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    file: ReadableFile,
    entry: TableMapping,
    order: int,
    staging: Path,
) -> None:
    readable = as_text_source(file, staging)
    raw_columns = tuple(f"f{i}" for i in range(len(file.fields)))
    raw = ReadableFile(readable.source, readable.header, raw_columns, () if readable.header else file.fields)
    connection.execute(f"DROP TABLE IF EXISTS {ROWS}")
    stage_table(connection, ROWS, [raw], staging)
    if readable.source != file.source:
        readable.source.path.unlink(missing_ok=True)
    cells = _Cells(file.fields)

    def note(kind: str, rows: int, text: str) -> None:
        connection.execute(
            f"INSERT INTO {NOTES} VALUES (?, ?, ?, ?, ?)", [file.source.name, entry.table, kind, rows, text]
        )

    _pass_over(connection, entry, cells, note)
    _check_currency(connection, entry, cells, file.source.name)
    expressions = _expressions(entry, cells)
    source = ROWS
    if entry.joins:
        _join_campaigns(connection, table, entry, expressions, cells, file.source.name, note)
        source = f"{ROWS} r LEFT JOIN joined USING ({LINE})"
        expressions["campaign_id"] = "joined.id"
    for column in file.columns:
        connection.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {_name(column)} VARCHAR")
    picked = ", ".join(f"{expressions.get(column, 'NULL')} AS {_name(column)}" for column in file.columns)
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT {FILE}, {LINE}, {order} AS {ORDER}, {IS_UNPARSABLE}, {picked} "
        f"FROM {source} ORDER BY {LINE}"
    )
    if table == CAMPAIGNS:
        _keep_names(connection, expressions)
    connection.execute(f"DROP TABLE {ROWS}")


def _pass_over(
    connection: duckdb.DuckDBPyConnection,
    entry: TableMapping,
    cells: _Cells,
    note: Callable[[str, int, str], None],
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
            f"coalesce(lower(trim({cells(header)})) NOT IN ({', '.join(_text(v.strip().lower()) for v in values)}), true)"
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
    cells: _Cells,
    note: Callable[[str, int, str], None],
) -> None:
    rule, conditions = entry.total_lines, []
    fields = [row[0] for row in connection.execute(f"DESCRIBE {ROWS}").fetchall() if row[0].startswith("f")]
    first = f"lower(coalesce({', '.join(map(_filled, fields))}))"
    conditions += [f"starts_with({first}, {_text(word.lower())})" for word in rule.starts_with]
    if rule.empty:
        conditions.append(
            " AND ".join(f"trim(coalesce({cells(h)}, '')) IN ('', '-', '--')" for h in rule.empty)
        )
    if not conditions:
        return
    is_total = f"NOT {IS_UNPARSABLE} AND ({' OR '.join(f'({c})' for c in conditions)})"
    stated = None
    if "spend" in entry.columns:
        amount = f"try_cast(replace({_number(cells.of(entry.columns['spend']), entry)}, ',', '') AS DECIMAL(18, 4))"
        stated = connection.execute(f"SELECT max({amount}) FROM {ROWS} WHERE {is_total}").fetchone()
        summed = connection.execute(f"SELECT sum({amount}) FROM {ROWS} WHERE NOT ({is_total})").fetchone()
    found = _delete(connection, is_total)
    if not found:
        return
    note("total", len(found), f"total passed over: {_places(found)}")
    if (
        stated
        and summed
        and stated[0] is not None
        and summed[0] is not None
        and abs(stated[0] - summed[0]) >= 1
    ):
        note(
            "stated total",
            len(found),
            f"the file states a total of {stated[0]:,.2f}, its rows add up to {summed[0]:,.2f} "
            f"(difference {stated[0] - summed[0]:+,.2f})",
        )


def _check_currency(
    connection: duckdb.DuckDBPyConnection, entry: TableMapping, cells: _Cells, file: str
) -> None:
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


def _expressions(entry: TableMapping, cells: _Cells) -> dict[str, str]:
    """Column of the export -> SQL over the fields of the file."""
    found = {column: _text(value) for column, value in entry.constants.items()}
    for column, source in entry.columns.items():
        text = cells.of(source)
        if (column in ID_COLUMNS or column == "phone") and entry.id_prefixes:
            prefixes = "|".join(_literal_pattern(prefix) for prefix in entry.id_prefixes)
            pattern = _text(rf"^\s*({prefixes})")
            text = f"regexp_replace({text}, {pattern}, '')"
        elif column in DATE_COLUMNS:
            text = _moment(text, entry)
        elif column in NUMBER_COLUMNS:
            text = _number(text, entry)
        elif column in STATUS_COLUMNS and entry.statuses:
            whens = [
                f"WHEN {_text(_plain(word))} THEN {_text(status)}" for word, status in entry.statuses.items()
            ]
            text = f"CASE {_normal(text)} {' '.join(whens)} ELSE {text} END"
        found[column] = text
    return found | {f"form_{name}": cells(header) for name, header in entry.form_fields.items()}


def _moment(text: str, entry: TableMapping) -> str:
    """A date whose zone is written as an offset behind it, and as ISO where the mapping says the order."""
    zoned = f"regexp_replace(trim({text}), {_text(_ZONE_IN_BRACKETS)}, {_text(_FIRST_GROUP)})"
    patterns = [f"{day}{time}" for day in _PATTERNS.get(entry.date_order or "", []) for time in _TIMES]
    if not patterns:
        return zoned
    listed = ", ".join(_text(pattern) for pattern in patterns)
    return f"coalesce(strftime(try_strptime({zoned}, [{listed}]), '%Y-%m-%d %H:%M:%S'), {zoned})"


def _number(text: str, entry: TableMapping) -> str:
    return f"replace(replace({text}, '.', ''), ',', '.')" if entry.decimal_comma else text


def _keep_names(connection: duckdb.DuckDBPyConnection, expressions: dict[str, str]) -> None:
    """Names, ids and days of campaigns, for rows that know no id."""
    name = expressions.get(CAMPAIGN_NAME, expressions.get("project_name", "NULL"))
    start, stop = (_day(expressions.get(column, "NULL")) for column in ("start_time", "stop_time"))
    select = f"SELECT {_normal(name)} AS name, {expressions['id']} AS id, {start} AS start, {stop} AS stop FROM {ROWS}"
    verb = f"INSERT INTO {NAMES}" if _exists(connection, NAMES) else f"CREATE TABLE {NAMES} AS"
    connection.execute(f"{verb} {select}")


def _join_campaigns(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    entry: TableMapping,
    expressions: dict[str, str],
    cells: _Cells,
    file: str,
    note: Callable[[str, int, str], None],
) -> None:
    """Create the table ``joined``: line -> campaign's id."""
    if not _exists(connection, NAMES):
        connection.execute(
            f"CREATE TABLE {NAMES} AS SELECT {_normal('project_name')} AS name, id, "
            f"{_day('start_time')} AS start, {_day('stop_time')} AS stop FROM {CAMPAIGNS}"
        )
    join = entry.joins["campaign_id"]
    day = _day(expressions.get(_DAY_OF_ROW.get(table, ""), "NULL"))
    connection.execute(
        f"CREATE OR REPLACE TABLE joined AS WITH rows AS (SELECT {LINE}, {_normal(cells(join.header))} AS name, {day} AS day "
        f"FROM {ROWS} WHERE NOT {IS_UNPARSABLE}), pairs AS (SELECT DISTINCT name, day FROM rows), "
        "candidates AS (SELECT DISTINCT p.name, p.day, c.id, coalesce(c.start, DATE '0001-01-01') AS start, coalesce("
        "p.day >= c.start AND p.day <= coalesce(c.stop, DATE '9999-01-01'), false) AS ran "
        f"FROM pairs p JOIN {NAMES} c ON c.name = p.name), "
        "chosen AS (SELECT name, day, arg_max(id, (ran, start, id)) AS id, count(DISTINCT id) AS sharing, "
        "count(DISTINCT id) FILTER (ran) AS running FROM candidates GROUP BY name, day) "
        f"SELECT {LINE}, r.name, c.id, coalesce(c.sharing, 0) AS sharing, coalesce(c.running, 0) AS running "
        "FROM rows r LEFT JOIN chosen c ON c.name = r.name AND c.day IS NOT DISTINCT FROM r.day"
    )
    shared, several, none_ran, lost, total = connection.execute(
        "SELECT count(*) FILTER (sharing > 1), count(*) FILTER (running > 1), count(*) FILTER (sharing > 1 AND "
        "running = 0), count(*) FILTER (sharing = 0), count(*) FROM joined"
    ).fetchone() or (0, 0, 0, 0, 0)
    if shared and join.several == "refuse":
        raise InputError(
            "rows name a campaign whose name several campaigns share",
            remedy="Export the campaign's id, or write `several: running` for the one that ran on the row's day",
            file=file,
            column=join.header,
            count=shared,
        )
    if shared:
        note(
            "joined by name",
            shared,
            f"{shared:,} of {total:,} rows name a campaign whose name several share; each went to the one that ran on "
            f"its day ({several:,} times several ran, {none_ran:,} times none) and started last: figures of the "
            "market hold, those of single campaigns may be their namesakes'",
        )
    if lost:
        examples = connection.execute(
            "SELECT coalesce(name, '(empty)'), count(*) FROM joined WHERE sharing = 0 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3"
        ).fetchall()
        listed = ", ".join(f"{name!r} ({n:,})" for name, n in examples)
        note(
            "no campaign",
            lost,
            f"{lost:,} of {total:,} rows name no campaign of the export, such as {listed}",
        )


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


def _filled(cell: str) -> str:
    return f"nullif(trim({cell}), '')"


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())


def _normal(text: str) -> str:
    """SQL of a text as names and statuses are compared: in lower case, with single blanks."""
    return f"trim(regexp_replace(lower(nfc_normalize({text})), {_text(_BLANKS)}, ' ', 'g'))"


def _day(text: str) -> str:
    return f"try_cast(substr(CAST({text} AS VARCHAR), 1, 10) AS DATE)"


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    found: Any = connection.execute(
        "SELECT count(*) FROM information_schema.tables WHERE table_name = ?", [table]
    ).fetchone()
    return bool(found[0])


def _literal_pattern(text: str) -> str:
    return "".join(f"\\{c}" if not c.isalnum() else c for c in text)


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def list_notes(notes: Iterable[Note]) -> list[str]:
    """Notes as lines for the terminal."""
    return [f"{note.file} as {note.table}: {note.text}" for note in notes]
