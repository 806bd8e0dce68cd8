"""Which market every raw row belongs to: each row goes to exactly one slice."""

from collections.abc import Collection
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.reading.raw_rows import LINE, ORDER
from leadsmart.cleaning.values.texts import clean_id, clean_market, clean_text, map_distinct
from leadsmart.errors import InputError
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, MARKET_LOOKUP, STATUS_EVENTS, UNASSIGNED

#: Column of the staged tables: the slice a row goes to.
MARKET: Final = "_market"

_ID_COLUMNS: Final = [
    (CAMPAIGNS, "id"),
    (AD_PERFORMANCE, "campaign_id"),
    (LEADS, "campaign_id"),
    (LEADS, "id"),
    (STATUS_EVENTS, "lead_id"),
]
_PLAIN_ID: Final = "[0-9]{1,18}"


def assign_markets(
    connection: duckdb.DuckDBPyConnection, markets: Collection[str], has_lookup: bool
) -> dict[str, str]:
    """Create the tables that say where campaigns and leads belong.

    A campaign belongs to the market its row names, or else its project's in the look-up; where an id has
    several rows, to that of the last row with a known market. A lead follows its campaign, an event its
    lead. Whatever leads to no market in `markets` is unassigned.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the staged tables of the export.
    markets : collection of str
    has_lookup : bool
        Whether ``project_markets`` is staged.

    Returns
    -------
    dict
        Table -> query that gives its rows with the column ``_market``.
    """
    _create_odd_ids(connection)
    campaigns = _campaign_markets(connection, markets, has_lookup)
    connection.register("campaign_markets_frame", campaigns)
    connection.execute("CREATE TABLE campaign_markets AS SELECT * FROM campaign_markets_frame")
    connection.unregister("campaign_markets_frame")
    connection.execute(
        f"CREATE TABLE lead_markets AS SELECT {_id('t.id', 'o')} AS id, "
        f"arg_max(m.market, (m.market <> '{UNASSIGNED}', t.{ORDER}, t.{LINE})) AS market "
        f"FROM {LEADS} t {_odd('t.id', 'o')} {_odd('t.campaign_id', 'p')} "
        f"JOIN campaign_markets m ON m.id = {_id('t.campaign_id', 'p')} "
        f"WHERE {_id('t.id', 'o')} IS NOT NULL GROUP BY 1"
    )
    return {
        CAMPAIGNS: _market_query(CAMPAIGNS, "id", "campaign_markets"),
        AD_PERFORMANCE: _market_query(AD_PERFORMANCE, "campaign_id", "campaign_markets"),
        LEADS: (
            f"SELECT t.*, coalesce(l.market, m.market, '{UNASSIGNED}') AS {MARKET} FROM {LEADS} t "
            f"{_odd('t.id', 'o')} {_odd('t.campaign_id', 'p')} "
            f"LEFT JOIN lead_markets l ON l.id = {_id('t.id', 'o')} "
            f"LEFT JOIN campaign_markets m ON m.id = {_id('t.campaign_id', 'p')}"
        ),
        STATUS_EVENTS: _market_query(STATUS_EVENTS, "lead_id", "lead_markets"),
    }


def _market_query(table: str, column: str, lookup: str) -> str:
    return (
        f"SELECT t.*, coalesce(m.market, '{UNASSIGNED}') AS {MARKET} FROM {table} t {_odd(f't.{column}', 'o')} "
        f"LEFT JOIN {lookup} m ON m.id = {_id(f't.{column}', 'o')}"
    )


def _odd(column: str, alias: str) -> str:
    return f"LEFT JOIN odd_ids {alias} ON {alias}.raw = {column}"


def _id(column: str, alias: str) -> str:
    return f"CASE WHEN regexp_full_match({column}, '{_PLAIN_ID}') THEN {column} ELSE {alias}.id END"


def _create_odd_ids(connection: duckdb.DuckDBPyConnection) -> None:
    """Clean the few ids that are not plain digits once, in Python, so that one definition holds."""
    query = " UNION ".join(
        f"SELECT {column} AS raw FROM {table} "
        f"WHERE {column} IS NOT NULL AND NOT regexp_full_match({column}, '{_PLAIN_ID}')"
        for table, column in _ID_COLUMNS
    )
    odd = connection.execute(query).df().astype({"raw": "str"})
    odd = odd.assign(id=map_distinct(odd["raw"], clean_id))
    connection.register("odd_ids_frame", odd)
    connection.execute(
        "CREATE TABLE odd_ids AS SELECT CAST(raw AS VARCHAR) AS raw, CAST(id AS VARCHAR) AS id FROM odd_ids_frame"
    )
    connection.unregister("odd_ids_frame")


def _campaign_markets(
    connection: duckdb.DuckDBPyConnection, markets: Collection[str], has_lookup: bool
) -> pd.DataFrame:
    """One row per campaign: ``id, market``."""
    columns = [row[0] for row in connection.execute(f"DESCRIBE {CAMPAIGNS}").fetchall()]
    stated_column = "market" if "market" in columns else "CAST(NULL AS VARCHAR)"
    rows = connection.execute(
        f"SELECT id, project_name, {stated_column} AS market FROM {CAMPAIGNS} ORDER BY {ORDER}, {LINE}"
    ).df()
    rows = rows.astype({"id": "str", "project_name": "str", "market": "str"})
    market = map_distinct(rows["market"], clean_market)
    if has_lookup:
        projects = map_distinct(rows["project_name"], clean_text)
        market = market.fillna(projects.map(_read_lookup(connection)).astype("str"))
    market = market.where(market.isin(list(markets)), UNASSIGNED)
    found = pd.DataFrame({"id": map_distinct(rows["id"], clean_id), "market": market}).dropna(subset=["id"])
    found = found.assign(is_known=found["market"] != UNASSIGNED).sort_values("is_known", kind="stable")
    return found.drop_duplicates("id", keep="last")[["id", "market"]].astype(object)


def _read_lookup(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Cleaned project name -> market."""
    rows = connection.execute(f"SELECT project_name, market FROM {MARKET_LOOKUP}").df().astype("str")
    lookup = pd.DataFrame(
        {
            "project": map_distinct(rows["project_name"], clean_text),
            "market": map_distinct(rows["market"], clean_market),
        }
    )
    lookup = lookup.dropna().drop_duplicates()
    twice = lookup.loc[lookup["project"].duplicated(keep=False), "project"].drop_duplicates()
    if len(twice):
        raise InputError(
            "a project is listed with two markets",
            remedy="Keep one line per project",
            file=f"{MARKET_LOOKUP}.csv",
            column="project_name",
            count=len(twice),
            examples=twice,
        )
    return dict(zip(lookup["project"], lookup["market"], strict=True))
