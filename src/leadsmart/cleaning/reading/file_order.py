"""Which of several files of a table is the newest: by what they hold, not by what they are called."""

from collections.abc import Sequence
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.parsing.ids import id_of, join_ids
from leadsmart.cleaning.parsing.notes import Note, add_note
from leadsmart.cleaning.parsing.raw_rows import FILE, ORDER
from leadsmart.cleaning.parsing.sql import fetch_rows
from leadsmart.cleaning.reading.survey import DATED, count_days, day_text, last_plausible_day
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, EXPORT_FILES, LEADS

_DATED: Final = {CAMPAIGNS: "start_time", **DATED}
#: Ids of the rows that a later file replaces; a delivery row's day belongs to its key, too.
ROW_IDS: Final = {CAMPAIGNS: ("id",), AD_PERFORMANCE: ("ad_set_id", "campaign_id"), LEADS: ("id",)}


def order_files(connection: duckdb.DuckDBPyConnection) -> None:
    """Number the files of each table by the last day of their rows, then by the last of these, then as they came.

    Where rows of a file stand in a newer one again, a note says which one counts.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the staged tables of the export, files in the order of their names, and their ids.
    """
    for table, column in _DATED.items():
        if len(fetch_rows(connection, f"SELECT DISTINCT {ORDER} FROM {table}")) < 2:
            continue
        newest = _newest_rows(connection, table, column)
        ordered = sorted(newest, key=lambda order: (newest[order], order))
        for new, old in enumerate(ordered):
            if new != old:
                # negative, so that a file that was numbered already is not numbered again
                connection.execute(f"UPDATE {table} SET {ORDER} = ? WHERE {ORDER} = ?", [-1 - new, old])
        connection.execute(f"UPDATE {table} SET {ORDER} = -1 - {ORDER} WHERE {ORDER} < 0")
        if table in ROW_IDS:
            _note_overlap(connection, table, [newest[order][0] for order in ordered])


def row_key(table: str) -> tuple[str, str]:
    """SQL of what tells rows of a table ``t`` apart, and the joins that it needs.

    Parameters
    ----------
    table : str
        One of `ROW_IDS`.

    Returns
    -------
    (str, str)
    """
    columns = ROW_IDS[table]
    ids = ", ".join(id_of(f"t.{column}", f"k{i}") for i, column in enumerate(columns))
    joins = " ".join(join_ids(f"t.{column}", f"k{i}") for i, column in enumerate(columns))
    day = f", {day_text('t.created_at')}" if table == AD_PERFORMANCE else ""
    return f"({ids}{day})", joins


def _newest_rows(
    connection: duckdb.DuckDBPyConnection, table: str, column: str
) -> dict[int, tuple[str, str]]:
    """File -> its last day, a few absurd future dates aside, and the last text of that day; empty without dates."""
    days = count_days(connection, table, column)
    found: dict[int, tuple[str, str]] = {}
    for order in days["order"].unique().tolist():
        own = days[days["order"] == order].dropna(subset=["day"])
        if own.empty:
            found[order] = ("", "")
            continue
        last = pd.Timestamp(last_plausible_day(own.groupby("day")["rows"].sum().sort_index()))
        texts = own.loc[own["day"] == last, column].tolist()
        [(text,)] = connection.execute(
            f"SELECT max(replace({column}, 'T', ' ')) FROM {table} WHERE {ORDER} = ? AND {day_text(column)} IN "
            "(SELECT unnest(?))",
            [order, texts],
        ).fetchall()
        found[order] = (last.date().isoformat(), text)
    return found


def _note_overlap(connection: duckdb.DuckDBPyConnection, table: str, last_days: Sequence[str]) -> None:
    key, joins = row_key(table)
    pairs = fetch_rows(
        connection,
        f"WITH keys AS (SELECT DISTINCT {key} AS key, {ORDER} AS place, {FILE} AS file FROM {table} t {joins}), "
        "newest AS (SELECT key, max(place) AS place, arg_max(file, place) AS file FROM keys GROUP BY key HAVING "
        "count(*) > 1), totals AS (SELECT place, count(*) AS total FROM keys GROUP BY place) "
        "SELECT k.file, n.file, count(*), any_value(total), k.place, n.place FROM keys k JOIN newest n USING (key) JOIN totals t ON "
        "t.place = k.place WHERE k.place < n.place GROUP BY k.file, n.file, k.place, n.place ORDER BY k.place, n.place",
    )
    what = "ad sets and days" if table == AD_PERFORMANCE else "ids"
    for older, newer, count, total, *places in pairs:
        before, last = (last_days[place] for place in places)
        why = (
            f"reaches to {last}"
            if before != last
            else f"reaches to {last}, too, and is newer by its last row or its name"
        )
        said = f"{count:,} of its {total:,} {what} stand again in {newer}, which {why}: its rows count"
        add_note(connection, Note(older, EXPORT_FILES[table], "restated", count, said))
