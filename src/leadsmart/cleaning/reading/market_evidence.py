"""What an export shows of its markets before any has parameters: projects, money, dates and where phones are from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd
import phonenumbers
from phonenumbers.timezone import time_zones_for_number
from rapidfuzz import fuzz

from leadsmart.cleaning.mapping.files import mapping_path
from leadsmart.cleaning.mapping.model import load_mapping
from leadsmart.cleaning.mapping.proposing.preview import proven_marks, proven_order
from leadsmart.cleaning.mapping.staging import stage_export
from leadsmart.cleaning.parsing.raw_rows import MARKET_COLUMN, sliced
from leadsmart.cleaning.parsing.sql import fetch_texts, open_database
from leadsmart.cleaning.reading.assignment import assign_markets
from leadsmart.cleaning.reading.load import open_export
from leadsmart.cleaning.values.contacts import count_phone_regions
from leadsmart.cleaning.values.texts import clean_market, clean_text, map_distinct
from leadsmart.errors import InputProblems
from leadsmart.private_folders import private_folder
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, MARKET_LOOKUP, STATUS_EVENTS, UNASSIGNED

#: A project whose name is at least so like the market's (0 to 100) may belong to it.
ALIKE: Final = 90
#: So many distinct values of a column are enough to see how it is written.
ENOUGH_VALUES: Final = 5_000

_WRITTEN: Final = {
    "date": [(CAMPAIGNS, "start_time"), (AD_PERFORMANCE, "created_at"), (LEADS, "added_date"), (STATUS_EVENTS, "created_at")],
    "money": [(CAMPAIGNS, "daily_budget"), (AD_PERFORMANCE, "spend")],
}  # fmt: skip


@dataclass(frozen=True)
class MarketEvidence:
    """What an export shows of one market.

    Attributes
    ----------
    name : str
    campaigns, leads : int
    projects : dict
        Project -> number of campaigns.
    phone_regions : dict
        ISO 3166 code -> phones written with that region's country code, the most frequent first.
    time_zones : tuple of str
        Of the most frequent of these regions.
    date_orders : frozenset of str
        Orders of day and month that dates prove.
    decimal_marks : frozenset of str
        Decimal marks that amounts prove.
    """

    name: str
    campaigns: int
    leads: int
    projects: Mapping[str, int]
    phone_regions: Mapping[str, int]
    time_zones: tuple[str, ...]
    date_orders: frozenset[str]
    decimal_marks: frozenset[str]


@dataclass(frozen=True)
class ExportEvidence:
    """What an export shows of all its markets.

    Attributes
    ----------
    markets : dict
        Market that the export names -> what it shows of it, by name.
    unassigned : dict
        Project of no market -> number of campaigns.
    currencies : frozenset of str
        That a mapping states.
    """

    markets: Mapping[str, MarketEvidence]
    unassigned: Mapping[str, int]
    currencies: frozenset[str]

    def projects_like(self, market: str) -> list[str]:
        """Projects of no market whose names have the market's in them, or nearly.

        >>> evidence = ExportEvidence({}, {"Palm - New Cairo": 2, "Marina": 1}, frozenset())
        >>> evidence.projects_like("new-cairo")
        ['Palm - New Cairo']
        """
        words = market.replace("-", " ")
        return [name for name in self.unassigned if fuzz.partial_ratio(words, name.casefold()) >= ALIKE]


def find_market_evidence(
    folder: Path, markets: Collection[str] = (), mapping: Path | None = None
) -> ExportEvidence:
    """Read an export to its end and gather what it shows of each market.

    Parameters
    ----------
    folder : Path
        The export.
    markets : collection of str
        Markets to look for beside those that the export names.
    mapping : Path, optional
        How files of other systems become tables; by default ``mapping.yml`` in the folder, where it is.

    Returns
    -------
    ExportEvidence

    Raises
    ------
    InputProblems
        With all that `check_export` finds.
    """
    files, problems = open_export(folder, mapping)
    if problems:
        raise InputProblems(problems)
    path = mapping_path(folder, mapping)
    currencies = {entry.currency for entry in load_mapping(path).tables} if path else set()
    # readable by its owner only, as raw rows hold contacts
    with private_folder("evidence") as work, open_database(work) as connection:
        stage_export(connection, files, work)
        named = {*_named_markets(connection, MARKET_LOOKUP in files), *markets}
        assign_markets(connection, named, MARKET_LOOKUP in files)
        found = {name: _market(connection, name) for name in sorted(named)}
        unassigned = _projects(connection, UNASSIGNED)
    return ExportEvidence(found, unassigned, frozenset(c for c in currencies if c))


def _named_markets(connection: duckdb.DuckDBPyConnection, has_lookup: bool) -> set[str]:
    sources = [MARKET_LOOKUP] if has_lookup else []
    if "market" in connection.table(CAMPAIGNS).columns:
        sources.append(CAMPAIGNS)
    names: set[str] = set()
    for table in sources:
        rows = fetch_texts(connection, f"SELECT DISTINCT market FROM {table} WHERE market IS NOT NULL")
        names |= set(map_distinct(rows["market"], clean_market).dropna())
    return names


def _market(connection: duckdb.DuckDBPyConnection, name: str) -> MarketEvidence:
    [(campaigns,)] = connection.execute(
        "SELECT count(*) FROM campaign_markets WHERE market = ?", [name]
    ).fetchall()
    [(leads,)] = connection.execute(
        f"SELECT count(*) FROM {sliced(LEADS)} WHERE {MARKET_COLUMN} = ?", [name]
    ).fetchall()
    orders, marks = (
        frozenset(
            proven
            for table, column in _WRITTEN[kind]
            for proven in prove(_values(connection, table, column, name))
        )
        for kind, prove in (("date", proven_order), ("money", proven_marks))
    )
    regions = count_phone_regions(_values(connection, LEADS, "phone", name))
    return MarketEvidence(
        name,
        campaigns,
        leads,
        _projects(connection, name),
        regions,
        _time_zones(next(iter(regions), "")),
        orders,
        marks,
    )


def _time_zones(region: str) -> tuple[str, ...]:
    number = phonenumbers.example_number(region) if region else None
    return () if number is None else tuple(time_zones_for_number(number))


def _values(connection: duckdb.DuckDBPyConnection, table: str, column: str, market: str) -> list[str]:
    # in an order that has nothing to do with how values are written, and is the same each time
    query = (
        f"SELECT {column} FROM {sliced(table)} "
        f"WHERE {MARKET_COLUMN} = ? AND {column} IS NOT NULL GROUP BY 1 ORDER BY md5({column}) LIMIT {ENOUGH_VALUES}"
    )
    return [value for (value,) in connection.execute(query, [market]).fetchall()]


def _projects(connection: duckdb.DuckDBPyConnection, market: str) -> dict[str, int]:
    """Projects of a market with their campaigns, those with most first."""
    rows = connection.execute(
        f"SELECT project_name, count(DISTINCT id) FROM {sliced(CAMPAIGNS)} "
        f"WHERE {MARKET_COLUMN} = ? AND project_name IS NOT NULL GROUP BY 1",
        [market],
    ).fetchall()
    counts = pd.Series(dict(rows), dtype="int64")
    names = counts.index.map(lambda name: clean_text(str(name)))
    grouped = counts.groupby(names).sum().sort_values(ascending=False, kind="stable")
    return {str(name): int(count) for name, count in grouped.items()}
