"""Which market every raw row belongs to: each row goes to exactly one slice."""

from collections.abc import Collection, Mapping
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.parsing.ids import id_of, join_ids
from leadsmart.cleaning.parsing.notes import Note, add_note
from leadsmart.cleaning.parsing.raw_rows import LINE, MARKET_COLUMN, ORDER, sliced
from leadsmart.cleaning.parsing.sources import table_file
from leadsmart.cleaning.parsing.sql import create_table, fetch_texts
from leadsmart.cleaning.values.texts import clean_id, clean_market, clean_text, map_distinct
from leadsmart.errors import InputError
from leadsmart.vocabulary import (
    AD_PERFORMANCE,
    CAMPAIGNS,
    EXPORT_FILES,
    LEADS,
    MARKET_LOOKUP,
    STATUS_EVENTS,
    UNASSIGNED,
)

#: Column of the sliced tables: whether the row belongs to a campaign that the export has.
IS_JOINED: Final = "_is_joined"


def assign_markets(connection: duckdb.DuckDBPyConnection, markets: Collection[str], has_lookup: bool) -> None:
    """Create a copy of each staged table that says where its rows belong, and the table ``campaign_markets``.

    A campaign belongs to the market its row names, or else its project's in the look-up; where an id has
    several rows, to that of the last row with a known market. A lead follows its campaign, an event its
    lead. Whatever leads to no market in `markets` is unassigned.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the staged tables of the export and their ids, see `create_ids`.
    markets : collection of str
    has_lookup : bool
        Whether ``project_markets`` is staged.
    """
    create_table(connection, "campaign_markets", _campaign_markets(connection, markets, has_lookup))
    connection.execute(
        f"CREATE TABLE lead_markets AS SELECT {id_of('t.id', 'o')} AS id, "
        f"arg_max(m.market, (m.market <> '{UNASSIGNED}', t.{ORDER}, t.{LINE})) AS market "
        f"FROM {LEADS} t {join_ids('t.id', 'o')} {join_ids('t.campaign_id', 'p')} "
        f"JOIN campaign_markets m ON m.id = {id_of('t.campaign_id', 'p')} "
        f"WHERE {id_of('t.id', 'o')} IS NOT NULL GROUP BY 1"
    )
    by_campaign, by_lead = "campaign_markets", "lead_markets"
    _slice(connection, CAMPAIGNS, {"id": by_campaign})
    _slice(connection, AD_PERFORMANCE, {"campaign_id": by_campaign})
    _slice(connection, LEADS, {"id": by_lead, "campaign_id": by_campaign})
    _slice(connection, STATUS_EVENTS, {"lead_id": by_lead})


def _slice(connection: duckdb.DuckDBPyConnection, table: str, lookups: Mapping[str, str]) -> None:
    """Copy a table with the market that the first of its ids that has one leads to."""
    joins = [
        f"{join_ids(f't.{column}', f'o{i}')} LEFT JOIN {lookup} m{i} ON m{i}.id = {id_of(f't.{column}', f'o{i}')}"
        for i, (column, lookup) in enumerate(lookups.items())
    ]
    found = ", ".join(f"m{i}.market" for i in range(len(lookups)))
    # the last leads to the row's own campaign or lead, others only to where its id stands, too
    joined = f"m{len(lookups) - 1}.market IS NOT NULL"
    connection.execute(
        f"CREATE TABLE {sliced(table)} AS SELECT t.*, coalesce({found}, '{UNASSIGNED}') AS {MARKET_COLUMN}, "
        f"{joined} AS {IS_JOINED} "
        f"FROM {table} t {' '.join(joins)}"
    )


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
        projects = map_distinct(rows["project_name"], _project_key)
        market = market.fillna(projects.map(_read_lookup(connection)).astype("str"))
    market = market.where(market.isin(list(markets)), UNASSIGNED)
    found = pd.DataFrame({"id": map_distinct(rows["id"], clean_id), "market": market}).dropna(subset=["id"])
    found = found.assign(is_known=found["market"] != UNASSIGNED).sort_values("is_known", kind="stable")
    moved = int(found[found["is_known"]].groupby("id")["market"].nunique().gt(1).sum())
    if moved:
        text = f"{moved:,} {'campaign is' if moved == 1 else 'campaigns are'} listed with several markets: the last row of each counts"
        add_note(
            connection, Note(table_file(CAMPAIGNS), EXPORT_FILES[CAMPAIGNS], "several markets", moved, text)
        )
    return found.drop_duplicates("id", keep="last")[["id", "market"]]


def _project_key(name: str) -> str | None:
    """A project's name as it is compared: people write it in other cases."""
    cleaned = clean_text(name)
    return cleaned.casefold() if cleaned else None


def _read_lookup(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Project, see `_project_key` -> market."""
    rows = fetch_texts(connection, f"SELECT project_name, market FROM {MARKET_LOOKUP}")
    lookup = pd.DataFrame(
        {
            "project": map_distinct(rows["project_name"], _project_key),
            "name": map_distinct(rows["project_name"], clean_text),
            "market": map_distinct(rows["market"], clean_market),
        }
    )
    lookup = lookup.dropna().drop_duplicates(["project", "market"])
    twice = lookup.loc[lookup["project"].duplicated(), "name"]
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
