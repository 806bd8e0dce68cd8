"""Ids that a spreadsheet destroyed: in scientific notation, or rounded to the fifteen digits that it can hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb

from leadsmart.cleaning.parsing.ids import ID_COLUMNS, id_of, join_ids
from leadsmart.cleaning.parsing.notes import Note, add_note
from leadsmart.cleaning.parsing.raw_rows import FILE
from leadsmart.cleaning.parsing.sources import table_file
from leadsmart.cleaning.parsing.sql import fetch_rows, quote_text
from leadsmart.errors import InputError, LeadSmartError
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, EXPORT_FILES, LEADS, STATUS_EVENTS

#: 1.2021E+17, 1,2E+17.
_SCIENTIFIC: Final = r"""^[\s='"]*[0-9]+([.,][0-9]+)?[eE]\+[0-9]+[\s"]*$"""
#: Behind the fifteenth digit of a long id nothing but zeros, as spreadsheets leave it.
_ROUNDED: Final = "^[1-9][0-9]{14}0+$"
_LONG: Final = "^[1-9][0-9]{15,}$"
#: Numbers of 57 bits and more are multiples of 16 where they were floating-point numbers, with 53 bits.
_FLOAT_FROM: Final = "72057594037927936"
#: Fewer such cells, or a smaller share of a column, are slips of single rows.
_FEWEST_ROWS: Final = 3
_SHARE_SCIENTIFIC: Final = 0.05
_SHARE_ROUNDED: Final = 0.5
#: From this share of the leads on, ids that stand for several people are no slips.
_SHARE_REUSED: Final = 0.2
_REMEDY: Final = "Format the column as text before saving it in a spreadsheet, or export the file again"
#: Columns that name the same things.
_SAME_THINGS: Final = (
    ((CAMPAIGNS, "id"), (AD_PERFORMANCE, "campaign_id"), (LEADS, "campaign_id")),
    ((LEADS, "id"), (STATUS_EVENTS, "lead_id")),
)
#: What differs between rows of one id only where several ids became one.
_IDENTITIES: Final = {
    (CAMPAIGNS, "id"): "(t.project_name, t.user_id, t.start_time)",
    (LEADS, "id"): "(t.name, t.email, t.phone, t.added_date)",
    (AD_PERFORMANCE, "ad_set_id"): "t.campaign_id",
}

#: Table, column and file.
_Place = tuple[str, str, str]


@dataclass(frozen=True)
class _Rounded:
    """Long ids of a column that may have been rounded."""

    rows: int
    examples: tuple[str, ...]


def inspect_ids(connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]) -> list[LeadSmartError]:
    """Find columns whose ids a spreadsheet destroyed; a few cells in scientific notation are noted.

    Rounded ids are known by what follows from them: one id for several campaigns, leads or ad sets, or ids that
    begin like those of another table and end in zeros where those don't. Ids that merely end in zeros are left alone.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the staged tables, their ids (see `create_ids`) and the table of notes.
    params : mapping
        Not used.

    Returns
    -------
    list of LeadSmartError
        One per file and column.
    """
    problems: list[LeadSmartError] = []
    for table, column in (*ID_COLUMNS, (CAMPAIGNS, "user_id")):
        problems += _find_scientific(connection, table, column)
    _create_long_ids(connection)
    rounded = _find_rounded(connection)
    destroyed = {place for place in rounded if _has_merged(connection, place)}
    for things in _SAME_THINGS:
        places = [place for place in rounded if place[:2] in things]
        found = [
            p for p in places if p in destroyed or any(_is_cut(connection, p, other) for other in things)
        ]
        # where one is destroyed, so are others that end alike: they could not have come from it otherwise
        destroyed |= set(places if found else ())
    problems += [_error(place, details) for place, details in rounded.items() if place in destroyed]
    return problems or _find_reused(connection)


def _find_reused(connection: duckdb.DuckDBPyConnection) -> list[LeadSmartError]:
    """Lead ids that stand for different people: counted anew in each campaign or file."""
    lead = id_of("t.id", "o")
    identity = "nullif(lower(concat(t.name, t.email, t.phone)), '')"
    [(leads, reused, examples)] = fetch_rows(
        connection,
        f"SELECT sum(n), sum(n) FILTER (people > 1), list(id ORDER BY n DESC, id) FILTER (people > 1)[1:3] FROM (SELECT {lead} AS id, "
        f"count(*) AS n, least(count(DISTINCT {identity}), count(DISTINCT t.campaign_id)) AS people "
        f"FROM {LEADS} t {join_ids('t.id', 'o')} WHERE {lead} IS NOT NULL GROUP BY 1)",
    )
    if not reused or reused <= _SHARE_REUSED * leads:
        return []
    return [
        InputError(
            "one id stands for different people in different campaigns: leads were counted anew in each campaign or file",
            remedy="Export the leads again with ids that are unique over all campaigns",
            file=table_file(LEADS),
            column="id",
            count=reused,
            examples=examples,
        )
    ]


def _find_scientific(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> list[LeadSmartError]:
    found = fetch_rows(
        connection,
        f"SELECT {FILE}, count(*), any_value(filled), list(DISTINCT {column})[1:3] FROM (SELECT {FILE}, {column}, "
        f"count({column}) OVER (PARTITION BY {FILE}) AS filled FROM {table}) "
        f"WHERE regexp_matches({column}, {quote_text(_SCIENTIFIC)}) GROUP BY 1 ORDER BY 1",
    )
    problems: list[LeadSmartError] = []
    for file, rows, filled, examples in found:
        if rows >= _FEWEST_ROWS and rows >= _SHARE_SCIENTIFIC * filled:
            text = "ids are in scientific notation: a spreadsheet took them for numbers, and their last digits are lost"
            problems.append(
                InputError(
                    text, remedy=_REMEDY, file=file, column=column, count=rows, examples=sorted(examples)
                )
            )
            continue
        said = (
            f"{rows:,} of {filled:,} cells of {column} are in scientific notation, such as {examples[0]!r}: "
            "a spreadsheet lost their last digits, and the rows are left out"
        )
        add_note(connection, Note(file, EXPORT_FILES[table], "scientific ids", rows, said))
    return problems


def _create_long_ids(connection: duckdb.DuckDBPyConnection) -> None:
    """The ids that a spreadsheet can't hold, by column and file, with whether each ends as if it had been rounded."""
    columns = " UNION ALL ".join(
        f"SELECT '{table}' AS tab, '{column}' AS col, {FILE} AS file, {id_of(f't.{column}', 'o')} AS id "
        f"FROM {table} t {join_ids(f't.{column}', 'o')}"
        for table, column in ID_COLUMNS
    )
    number = "CAST(id AS HUGEINT)"
    rounded = f"regexp_matches(id, '{_ROUNDED}') OR (length(id) < 39 AND {number} >= {_FLOAT_FROM} AND {number} % 16 = 0)"
    connection.execute(
        f"CREATE TABLE long_ids AS SELECT *, count(*) AS n, {rounded} AS is_rounded FROM ({columns}) "
        f"WHERE regexp_matches(id, '{_LONG}') GROUP BY ALL"
    )


def _find_rounded(connection: duckdb.DuckDBPyConnection) -> dict[_Place, _Rounded]:
    """Columns of files most of whose long ids end as if they had been rounded."""
    found = fetch_rows(
        connection,
        "SELECT tab, col, file, sum(n) FILTER (is_rounded) AS n, list(id ORDER BY n DESC, id) FILTER (is_rounded)[1:3] "
        f"FROM long_ids GROUP BY ALL HAVING count(*) FILTER (is_rounded) >= {_SHARE_ROUNDED} * count(*) "
        f"AND sum(n) FILTER (is_rounded) >= {_FEWEST_ROWS} ORDER BY ALL",
    )
    return {(table, column, file): _Rounded(int(n), tuple(ids)) for table, column, file, n, ids in found}


def _has_merged(connection: duckdb.DuckDBPyConnection, place: _Place) -> bool:
    """Whether most ids that stand more than once stand for different things."""
    table, column, file = place
    identity = _IDENTITIES.get((table, column))
    if identity is None:
        return False
    [(repeated, different)] = connection.execute(
        f"SELECT count(*), count(*) FILTER (things > 1) FROM (SELECT count(*) AS n, count(DISTINCT {identity}) AS "
        f"things FROM {table} t {join_ids(f't.{column}', 'o')} JOIN long_ids l ON l.id = {id_of(f't.{column}', 'o')} "
        f"AND l.tab = '{table}' AND l.col = '{column}' AND l.file = t.{FILE} AND l.is_rounded WHERE t.{FILE} = ? "
        "GROUP BY l.id) WHERE n > 1",
        [file],
    ).fetchall()
    return bool(different > repeated / 2)


def _is_cut(connection: duckdb.DuckDBPyConnection, place: _Place, other: tuple[str, str]) -> bool:
    """Whether ids of a file join none of another table, and begin like those of it that were not rounded."""
    if other == place[:2]:
        return False
    [(rows,)] = connection.execute(
        "WITH here AS (SELECT id, n, left(rtrim(id, '0'), 15) AS head FROM long_ids WHERE tab = ? AND col = ? AND file = ? AND "
        "is_rounded), there AS (SELECT DISTINCT id, is_rounded FROM long_ids WHERE tab = ? AND col = ?), "
        "heads AS (SELECT DISTINCT length(t.id) AS digits, left(t.id, l.n) AS head FROM there t, "
        "(SELECT DISTINCT length(head) AS n FROM here) l WHERE NOT is_rounded), "
        # the last digit that is left may have been rounded up
        "possible AS (SELECT digits, length(head) AS n, head::HUGEINT + up AS head FROM heads, (VALUES (0), (1)) u(up)) "
        "SELECT coalesce(sum(n), 0) FROM here WHERE id NOT IN (SELECT id FROM there) "
        "AND (length(id), length(head), head::HUGEINT) IN (SELECT (digits, n, head) FROM possible)",
        [*place, *other],
    ).fetchall()
    return bool(rows >= _FEWEST_ROWS)


def _error(place: _Place, details: _Rounded) -> InputError:
    _, column, file = place
    return InputError(
        "ids were rounded by a spreadsheet, which holds fifteen digits: different ones have become the same",
        remedy=_REMEDY,
        file=file,
        column=column,
        count=details.rows,
        examples=details.examples,
    )
