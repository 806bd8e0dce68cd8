"""Which rows of an export belong to something in it, and what is lost with those that don't."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import duckdb

from leadsmart.cleaning.parsing.file_formats import TOTAL_LINES, FileFormats
from leadsmart.cleaning.parsing.ids import id_of, join_ids
from leadsmart.cleaning.parsing.notes import Note, add_note
from leadsmart.cleaning.parsing.raw_rows import FILE, IS_UNPARSABLE, LINE, MARKET_COLUMN, ORDER, sliced
from leadsmart.cleaning.parsing.sql import create_table, fetch_rows, fetch_texts
from leadsmart.cleaning.reading.assignment import IS_JOINED
from leadsmart.cleaning.reading.file_order import ROW_IDS, row_key
from leadsmart.cleaning.reading.joined_table import (
    BAD_DATE,
    BAD_SPEND,
    KEYS,
    NO_ID,
    NO_KEY,
    REPLACED,
    UNKNOWN_KEY,
    UNPARSABLE,
    JoinedTable,
)
from leadsmart.cleaning.reading.survey import DATED, day_text, sum_spend
from leadsmart.cleaning.values.dates import parse_moments
from leadsmart.cleaning.values.numbers import parse_numbers
from leadsmart.cleaning.values.texts import clean_text, map_distinct
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, EXPORT_FILES, LEADS, TABLES

#: The column without whose id a row means nothing; the key by which it is joined aside.
_OWN_IDS: Final = {CAMPAIGNS: "id", AD_PERFORMANCE: "ad_set_id", LEADS: "id"}
_PLAIN_SPEND: Final = r"\s*-?[0-9]+(\.[0-9]+)?\s*"
_EXAMPLES: Final = 3


def measure_joins(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params], formats: FileFormats
) -> tuple[list[JoinedTable], dict[tuple[str, str], int], dict[str, Decimal]]:
    """Count what is read, readable and joined, with a note for each table that loses rows.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the sliced tables, see `assign_markets`, and the table of notes.
    params : mapping
        Market -> its parameters.
    formats : FileFormats

    Returns
    -------
    list of JoinedTable
        In the order of the tables.
    dict
        Table and market -> joined rows.
    dict
        Market -> spend of rows that are lost or replaced; a market without any is not in it.
    """
    found = []
    joined: dict[tuple[str, str], int] = {}
    left_out: dict[str, Decimal] = {}
    for table in TABLES:
        view = _create_view(connection, table)
        counts = fetch_rows(
            connection,
            f"SELECT {MARKET_COLUMN}, reason, count(*) FROM {view} GROUP BY ALL ORDER BY 3 DESC, 2",
        )
        lost: dict[str, int] = {}
        replaced = 0
        for market, reason, rows in counts:
            if reason is None:
                joined[table, market] = rows
            elif reason == REPLACED:
                replaced += rows
            else:
                lost[reason] = lost.get(reason, 0) + rows
        spend = 0.0
        if table == AD_PERFORMANCE and (lost or replaced):
            connection.execute(f"CREATE VIEW left_out AS FROM {view} WHERE reason IS NOT NULL")
            connection.execute(f"CREATE VIEW lost_delivery AS FROM left_out WHERE reason <> '{REPLACED}'")
            left_out = sum_spend(connection, params, formats, "left_out")
            spend = float(sum(sum_spend(connection, params, formats, "lost_delivery").values()))
        total = sum(rows for _, _, rows in counts)
        account = JoinedTable(table, total, replaced, lost, spend, *_examples(connection, table, view, lost))
        if lost:
            name = account.file
            add_note(
                connection,
                Note(name, EXPORT_FILES[table], "lost rows", account.lost_rows, account.description),
            )
        found.append(account)
    return found, joined, left_out


def _create_view(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """The sliced table with why a row is in no figure, NULL where it is in one."""
    whens = [(f"t.{IS_UNPARSABLE}", UNPARSABLE)]
    joins = ""
    if own := _OWN_IDS.get(table):
        joins += join_ids(f"t.{own}", "o")
        whens.append((f"{id_of(f't.{own}', 'o')} IS NULL", NO_ID))
    if column := DATED.get(table):
        _create_unreadable_days(connection, table, column)
        joins += f" LEFT JOIN {table}_days d ON d.{FILE} = t.{FILE} AND d.raw = {day_text(f't.{column}')}"
        whens.append((f"nullif(trim(t.{column}), '') IS NULL OR d.raw IS NOT NULL", BAD_DATE))
    if table == AD_PERFORMANCE:
        _create_unreadable_spend(connection)
        joins += " LEFT JOIN unreadable_spend s ON s.raw = t.spend"
        whens.append(("s.raw IS NOT NULL", BAD_SPEND))
    if table in ROW_IDS and len(fetch_rows(connection, f"SELECT DISTINCT {ORDER} FROM {table}")) > 1:
        row, more = row_key(table)
        joins += f" {more}"
        whens.append((f"t.{ORDER} < max(t.{ORDER}) OVER (PARTITION BY {row})", REPLACED))
    if key := KEYS.get(table):
        whens.append((f"nullif(trim(t.{key[0]}), '') IS NULL", NO_KEY))
        whens.append((f"NOT t.{IS_JOINED}", UNKNOWN_KEY))
    # a line that states the total of others is no row of its own
    no_totals = f"ANTI JOIN {TOTAL_LINES} n ON n.file = t.{FILE} AND n.line = t.{LINE}"
    cases = " ".join(f"WHEN {condition} THEN '{reason}'" for condition, reason in whens)
    view = f"{table}_joined"
    connection.execute(
        f"CREATE VIEW {view} AS SELECT t.*, CASE {cases} END AS reason FROM {sliced(table)} t {joins} {no_totals}"
    )
    return view


def _create_unreadable_days(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    """Dates that can be read neither day first nor month first; each file's column is looked at by itself."""
    texts = fetch_texts(
        connection,
        f"SELECT DISTINCT {FILE}, {day_text(column)} AS raw FROM {table} WHERE {column} IS NOT NULL",
    )
    is_read = [
        texts.groupby(FILE)["raw"].transform(
            lambda own, order=order: parse_moments(own, order, "UTC")["value"].notna()
        )
        for order in ("dmy", "mdy")
    ]
    create_table(connection, f"{table}_days", texts[~(is_read[0] | is_read[1])])


def _create_unreadable_spend(connection: duckdb.DuckDBPyConnection) -> None:
    """Amounts that are no number; a blank one is no amount."""
    query = f"SELECT DISTINCT spend AS raw FROM {AD_PERFORMANCE} WHERE NOT regexp_full_match(spend, '{_PLAIN_SPEND}')"
    texts = fetch_texts(connection, query)
    is_filled = map_distinct(texts["raw"], clean_text).notna()
    create_table(
        connection, "unreadable_spend", texts[is_filled & parse_numbers(texts["raw"])["value"].isna()]
    )


def _examples(
    connection: duckdb.DuckDBPyConnection, table: str, view: str, lost: dict[str, int]
) -> tuple[list[str], list[str]]:
    """Keys that join nothing, and keys that they could have joined."""
    if UNKNOWN_KEY not in lost:
        return [], []
    column, other, key = KEYS[table]
    wrong = fetch_rows(
        connection,
        f"SELECT {column} FROM {view} WHERE reason = '{UNKNOWN_KEY}' GROUP BY 1 ORDER BY count(*) DESC, 1 "
        f"LIMIT {_EXAMPLES}",
    )
    known = fetch_rows(
        connection,
        f"SELECT DISTINCT {key} FROM {other} WHERE {key} IS NOT NULL ORDER BY 1 LIMIT {_EXAMPLES - 1}",
    )
    return [value for (value,) in wrong], [value for (value,) in known]
