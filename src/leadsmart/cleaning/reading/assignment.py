"""Which market every raw row belongs to: each row goes to exactly one slice."""

from collections.abc import Collection, Mapping
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.parsing.raw_rows import LINE, MARKET_COLUMN, ORDER, sliced
from leadsmart.cleaning.parsing.sql import create_table, fetch_texts
from leadsmart.cleaning.values.texts import clean_id, clean_market, clean_text, map_distinct
from leadsmart.errors import InputError
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, MARKET_LOOKUP, STATUS_EVENTS, UNASSIGNED

_ID_COLUMNS: Final = [
    (CAMPAIGNS, "id"),
    (AD_PERFORMANCE, "campaign_id"),
    (LEADS, "campaign_id"),
    (LEADS, "id"),
    (STATUS_EVENTS, "lead_id"),
]
_PLAIN_ID: Final = "[0-9]{1,18}"


def assign_markets(connection: duckdb.DuckDBPyConnection, markets: Collection[str], has_lookup: bool) -> None:
    """Create a copy of each staged table that says where its rows belong, and the table ``campaign_markets``.

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
    """
    _create_odd_ids(connection)
    create_table(connection, "campaign_markets", _campaign_markets(connection, markets, has_lookup))
    connection.execute(
        f"CREATE TABLE lead_markets AS SELECT {_id('t.id', 'o')} AS id, "
        f"arg_max(m.market, (m.market <> '{UNASSIGNED}', t.{ORDER}, t.{LINE})) AS market "
        f"FROM {LEADS} t {_odd('t.id', 'o')} {_odd('t.campaign_id', 'p')} "
        f"JOIN campaign_markets m ON m.id = {_id('t.campaign_id', 'p')} "
        f"WHERE {_id('t.id', 'o')} IS NOT NULL GROUP BY 1"
    )
    by_campaign, by_lead = "campaign_markets", "lead_markets"
    _slice(connection, CAMPAIGNS, {"id": by_campaign})
    _slice(connection, AD_PERFORMANCE, {"campaign_id": by_campaign})
    _slice(connection, LEADS, {"id": by_lead, "campaign_id": by_campaign})
    _slice(connection, STATUS_EVENTS, {"lead_id": by_lead})


def _slice(connection: duckdb.DuckDBPyConnection, table: str, lookups: Mapping[str, str]) -> None:
    """Copy a table with the market that the first of its ids that has one leads to."""
    joins = [
        f"{_odd(f't.{column}', f'o{i}')} LEFT JOIN {lookup} m{i} ON m{i}.id = {_id(f't.{column}', f'o{i}')}"
        for i, (column, lookup) in enumerate(lookups.items())
    ]
    found = ", ".join(f"m{i}.market" for i in range(len(lookups)))
    connection.execute(
        f"CREATE TABLE {sliced(table)} AS SELECT t.*, coalesce({found}, '{UNASSIGNED}') AS {MARKET_COLUMN} "
        f"FROM {table} t {' '.join(joins)}"
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
    odd = fetch_texts(connection, query)
    create_table(connection, "odd_ids", odd.assign(id=map_distinct(odd["raw"], clean_id)))


def _campaign_markets(
    connection: duckdb.DuckDBPyConnection, markets: Collection[str], has_lookup: bool
) -> pd.DataFrame:
    """One row per campaign: ``id, market``."""
    columns = connection.table(CAMPAIGNS).columns
    stated = "market" if "market" in columns else "CAST(NULL AS VARCHAR)"
    rows = fetch_texts(
        connection, f"SELECT id, project_name, {stated} AS market FROM {CAMPAIGNS} ORDER BY {ORDER}, {LINE}"
    )
    market = map_distinct(rows["market"], clean_market)
    if has_lookup:
        projects = map_distinct(rows["project_name"], clean_text)
        market = market.fillna(projects.map(_read_lookup(connection)).astype("str"))
    market = market.where(market.isin(list(markets)), UNASSIGNED)
    found = pd.DataFrame({"id": map_distinct(rows["id"], clean_id), "market": market}).dropna(subset=["id"])
    found = found.assign(is_known=found["market"] != UNASSIGNED).sort_values("is_known", kind="stable")
    return found.drop_duplicates("id", keep="last")[["id", "market"]]


def _read_lookup(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Cleaned project name -> market."""
    rows = fetch_texts(connection, f"SELECT project_name, market FROM {MARKET_LOOKUP}")
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
