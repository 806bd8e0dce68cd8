"""Find the campaign of rows that know its name alone."""

from typing import Final

import duckdb

from leadsmart.cleaning.mapping.expressions import Cells, day_of, normalised
from leadsmart.cleaning.mapping.model import CAMPAIGN_NAME, TableMapping
from leadsmart.cleaning.mapping.skipping import ROWS
from leadsmart.cleaning.parsing.notes import Keep, table_exists
from leadsmart.cleaning.parsing.raw_rows import IS_UNPARSABLE, LINE
from leadsmart.cleaning.parsing.sql import fetch_rows
from leadsmart.errors import InputError
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS

#: Names, ids and days of all campaigns.
NAMES: Final = "campaign_names"
_DAY_OF_ROW: Final = {LEADS: "added_date", AD_PERFORMANCE: "created_at"}


def keep_names(connection: duckdb.DuckDBPyConnection, expressions: dict[str, str]) -> None:
    """Keep names, ids and days of the campaigns of a file, before its rows are added to the others."""
    _create_names(connection)
    name = expressions.get(CAMPAIGN_NAME, expressions.get("project_name", "NULL"))
    start, stop = (day_of(expressions.get(column, "NULL")) for column in ("start_time", "stop_time"))
    connection.execute(
        f"INSERT INTO {NAMES} SELECT {normalised(name)}, {expressions['id']}, {start}, {stop} FROM {ROWS}"
    )


def join_campaigns(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    entry: TableMapping,
    expressions: dict[str, str],
    cells: Cells,
    file: str,
    note: Keep,
) -> None:
    """Create the table ``joined``: line -> campaign's id.

    Parameters
    ----------
    connection : DuckDBPyConnection
    table : str
        That the file feeds.
    entry : TableMapping
    expressions : dict
        See `build_expressions`.
    cells : Cells
    file : str
        Its name, for messages.
    note : callable
        See `Keep`.

    Raises
    ------
    InputError
        If campaigns share names, and the mapping doesn't say which one counts.
    """
    _create_names(connection)
    join = entry.joins["campaign_id"]
    day = day_of(expressions.get(_DAY_OF_ROW.get(table, ""), "NULL"))
    connection.execute(
        f"CREATE OR REPLACE TABLE joined AS WITH rows AS (SELECT {LINE}, {normalised(cells(join.header))} AS name, {day} AS day "
        f"FROM {ROWS} WHERE NOT {IS_UNPARSABLE}), pairs AS (SELECT DISTINCT name, day FROM rows), "
        "candidates AS (SELECT DISTINCT p.name, p.day, c.id, coalesce(c.start, DATE '0001-01-01') AS start, coalesce("
        "p.day >= c.start AND p.day <= coalesce(c.stop, DATE '9999-01-01'), false) AS ran, coalesce(p.day >= c.start, false) AS begun "
        f"FROM pairs p JOIN {NAMES} c ON c.name = p.name), "
        "chosen AS (SELECT name, day, arg_max(id, (ran, begun, start, id)) AS id, count(DISTINCT id) AS sharing, "
        "count(DISTINCT id) FILTER (ran) AS running FROM candidates GROUP BY name, day) "
        f"SELECT {LINE}, r.name, c.id, coalesce(c.sharing, 0) AS sharing, coalesce(c.running, 0) AS running "
        "FROM rows r LEFT JOIN chosen c ON c.name = r.name AND c.day IS NOT DISTINCT FROM r.day"
    )
    [(shared, several, none_ran, lost, total)] = fetch_rows(
        connection,
        "SELECT count(*) FILTER (sharing > 1), count(*) FILTER (running > 1), count(*) FILTER (sharing > 1 AND "
        "running = 0), count(*) FILTER (sharing = 0), count(*) FROM joined",
    )
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
        examples = fetch_rows(
            connection,
            "SELECT coalesce(name, '(empty)'), count(*) FROM joined WHERE sharing = 0 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3",
        )
        listed = ", ".join(f"{name!r} ({n:,})" for name, n in examples)
        note(
            "no campaign",
            lost,
            f"{lost:,} of {total:,} rows name no campaign of the export, such as {listed}",
        )


def _create_names(connection: duckdb.DuckDBPyConnection) -> None:
    """The table of names, with campaigns of the platform's own form by their project."""
    if table_exists(connection, NAMES):
        return
    connection.execute(f"CREATE TABLE {NAMES} (name VARCHAR, id VARCHAR, start DATE, stop DATE)")
    if table_exists(connection, CAMPAIGNS):
        start, stop = day_of("start_time"), day_of("stop_time")
        connection.execute(
            f"INSERT INTO {NAMES} SELECT {normalised('project_name')}, id, {start}, {stop} FROM {CAMPAIGNS}"
        )
