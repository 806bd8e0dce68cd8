"""What is known of a whole export only, not of one market: spend, last day, structure of the markets' campaigns."""

import datetime as dt
import math
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.parsing.raw_rows import ORDER
from leadsmart.cleaning.parsing.sql import fetch_rows, fetch_texts
from leadsmart.cleaning.reading.assignment import MARKET_COLUMN, sliced
from leadsmart.cleaning.values.dates import parse_moments
from leadsmart.cleaning.values.numbers import parse_numbers
from leadsmart.cleaning.values.texts import clean_id, map_distinct
from leadsmart.errors import InputError
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, STATUS_EVENTS, UNASSIGNED

#: A day this far behind the one before, with hardly a row on it or after it, is a slip.
ABSURD_GAP_DAYS: Final = 60
ABSURD_SHARE: Final = 0.002

#: Table -> the column with the date of its rows.
DATED: Final = {AD_PERFORMANCE: "created_at", LEADS: "added_date", STATUS_EVENTS: "created_at"}


def sum_spend(
    connection: duckdb.DuckDBPyConnection,
    decimal_comma: Collection[str],
    rows_of: str = sliced(AD_PERFORMANCE),
) -> dict[str, Decimal]:
    """Raw spend of each market that can be read as a number, added up exactly.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the sliced tables, see `assign_markets`.
    decimal_comma : collection of str
        Markets whose amounts are written 1.200,50.
    rows_of : str
        Table or view of delivery, by default of all of it.

    Returns
    -------
    dict
        Market -> spend; a market without delivery is not in it.
    """
    query = f"SELECT {MARKET_COLUMN}, spend, count(*) AS n FROM {rows_of} GROUP BY ALL"
    rows = connection.execute(query).df().astype({MARKET_COLUMN: "str", "spend": "str"})
    sums = {}
    for market, group in rows.groupby(MARKET_COLUMN, sort=True):
        value = parse_numbers(group["spend"], market in decimal_comma)["value"]
        pairs = zip(value, group["n"], strict=True)
        sums[str(market)] = sum((Decimal(repr(v)) * n for v, n in pairs if not math.isnan(v)), Decimal(0))
    return sums


def find_last_day(connection: duckdb.DuckDBPyConnection) -> dt.date:
    """The last day of deliveries, leads and status changes, a few absurd future dates aside.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the staged tables of the export.

    Returns
    -------
    date

    Raises
    ------
    InputError
        If no date can be read.
    """
    counted = pd.concat([count_days(connection, *dated) for dated in DATED.items()])
    days = counted.dropna().groupby("day")["rows"].sum().sort_index()
    if days.empty:
        raise InputError(
            "no delivery, lead or status change has a date that can be read",
            remedy="Write dates as 2024-06-01, or set date_order",
            file="insights.csv",
            column="created_at",
        )
    return last_plausible_day(days)


def count_days(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> pd.DataFrame:
    """Rows of each file of a table by what its date says.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the staged tables of the export.
    table, column : str

    Returns
    -------
    DataFrame
        One row per file and text: ``order`` (of the file), ``text`` (see `day_text`), ``rows`` (count) and ``day``.
    """
    rows = connection.execute(
        f'SELECT {ORDER} AS "order", {day_text(column)} AS "text", count(*) AS "rows" FROM {table} '
        "GROUP BY ALL ORDER BY ALL"
    ).df()
    rows = rows.astype({"text": "str"})
    moments = parse_moments(rows["text"], "ymd", "UTC")
    if moments["value"].isna().all():
        moments = parse_moments(rows["text"], "dmy", "UTC")
    return rows.assign(day=moments["value"].dt.normalize())


def day_text(column: str) -> str:
    """SQL of what has to be parsed to know the day of a cell: of ISO dates, which most are, ten characters."""
    return (
        f"CASE WHEN regexp_matches({column}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') "
        f"THEN {column}[1:10] ELSE {column} END"
    )


def last_plausible_day(days: pd.Series) -> dt.date:
    """The last day before a gap behind which hardly anything lies.

    Parameters
    ----------
    days : Series
        Rows per day, index sorted.

    Returns
    -------
    date

    Examples
    --------
    >>> index = pd.to_datetime(["2024-12-30", "2024-12-31", "2031-01-01"])
    >>> last_plausible_day(pd.Series([400, 500, 1], index=index))
    datetime.date(2024, 12, 31)
    """
    gaps = days.index.to_series().diff().dt.days
    behind = days[::-1].cumsum()[::-1]
    absurd = (gaps > ABSURD_GAP_DAYS) & (behind <= max(1, ABSURD_SHARE * days.sum()))
    plausible = days.loc[: absurd.idxmax()].index[:-1] if absurd.any() else days.index
    return plausible[-1].date()


def summarise_structure(connection: duckdb.DuckDBPyConnection, markets: Sequence[str]) -> pd.DataFrame:
    """How the campaigns of each market are built.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the sliced tables, see `assign_markets`.
    markets : sequence of str
        In the order of the result, in which ``unassigned`` comes last.

    Returns
    -------
    DataFrame
        One row per market with campaigns: ``market``, ``campaigns`` and ``users`` (counts),
        ``daily_budget`` (median, money), ``days`` (median from start to stop) and ``ad_sets`` (mean per
        campaign that delivered).
    """
    columns = f"{MARKET_COLUMN} AS market, id, user_id, daily_budget, start_time, stop_time"
    rows = fetch_texts(connection, f"SELECT {columns} FROM {sliced(CAMPAIGNS)}")
    start, stop = (parse_moments(rows[name], "ymd", "UTC")["value"] for name in ("start_time", "stop_time"))
    frame = pd.DataFrame(
        {
            "market": rows["market"],
            "campaign_id": map_distinct(rows["id"], clean_id),
            "user_id": map_distinct(rows["user_id"], clean_id),
            "daily_budget": parse_numbers(rows["daily_budget"])["value"],
            "days": (stop - start).dt.total_seconds() / 86_400,
        }
    )
    ad_sets = fetch_rows(
        connection,
        f"SELECT {MARKET_COLUMN}, count(DISTINCT (campaign_id, ad_set_id)) / count(DISTINCT campaign_id) "
        f"FROM {sliced(AD_PERFORMANCE)} GROUP BY 1",
    )
    grouped = frame.groupby("market")
    summary = pd.DataFrame(
        {
            "campaigns": grouped["campaign_id"].nunique(),
            "users": grouped["user_id"].nunique(),
            "daily_budget": grouped["daily_budget"].median(),
            "days": grouped["days"].median(),
        }
    )
    order = [m for m in (*markets, UNASSIGNED) if m in summary.index]
    summary = summary.loc[order].rename_axis("market").reset_index()
    return summary.assign(ad_sets=summary["market"].map(dict(ad_sets)).astype(float))
