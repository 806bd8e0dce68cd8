"""What is known of a whole export only, not of one market: spend, last day, structure of the markets' campaigns."""

import datetime as dt
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.parsing.file_formats import NO_FORMATS, FileFormats, read_moments, read_numbers
from leadsmart.cleaning.parsing.raw_rows import FILE, MARKET_COLUMN, ORDER, sliced
from leadsmart.cleaning.parsing.sql import fetch_rows, fetch_texts
from leadsmart.cleaning.values.texts import clean_id, map_distinct
from leadsmart.errors import InputError
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, STATUS_EVENTS, UNASSIGNED

#: A day this far behind the one before, with hardly a row on it or after it, is a slip.
ABSURD_GAP_DAYS: Final = 60
ABSURD_SHARE: Final = 0.002

#: Table -> the column with the date of its rows.
DATED: Final = {AD_PERFORMANCE: "created_at", LEADS: "added_date", STATUS_EVENTS: "created_at"}


def sum_spend(
    connection: duckdb.DuckDBPyConnection,
    params: Mapping[str, Params],
    formats: FileFormats,
    rows_of: str = sliced(AD_PERFORMANCE),
) -> dict[str, Decimal]:
    """Raw spend of each market that can be read as a number, added up exactly.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the sliced tables, see `assign_markets`.
    params : mapping
        Market -> its parameters.
    formats : FileFormats
    rows_of : str
        Table or view of delivery, by default of all of it.

    Returns
    -------
    dict
        Market -> spend; a market without delivery is not in it.
    """
    query = f"SELECT {MARKET_COLUMN}, {FILE}, spend, count(*) AS n FROM {rows_of} GROUP BY ALL"
    rows = connection.execute(query).df().astype({MARKET_COLUMN: "str", FILE: "str", "spend": "str"})
    sums = {}
    for market, group in rows.groupby(MARKET_COLUMN, sort=True):
        value = read_numbers(group, AD_PERFORMANCE, "spend", params.get(str(market)), formats)["value"]
        pairs = zip(value, group["n"], strict=True)
        sums[str(market)] = sum((Decimal(repr(v)) * n for v, n in pairs if not math.isnan(v)), Decimal(0))
    return sums


def find_last_day(connection: duckdb.DuckDBPyConnection, formats: FileFormats) -> dt.date:
    """The last day of deliveries, leads and status changes, a few absurd future dates aside.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the staged tables of the export.
    formats : FileFormats

    Returns
    -------
    date

    Raises
    ------
    InputError
        If no date can be read.
    """
    counted = [
        count_days(connection, table, column, formats)[["day", "rows"]] for table, column in DATED.items()
    ]
    days = pd.concat(counted).dropna().groupby("day")["rows"].sum().sort_index()
    if days.empty:
        raise InputError(
            "no delivery, lead or status change has a date that can be read",
            remedy="Write dates as 2024-06-01, or set date_order",
            file="insights.csv",
            column="created_at",
        )
    return last_plausible_day(days)


def count_days(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, formats: FileFormats = NO_FORMATS
) -> pd.DataFrame:
    """Rows of each file of a table by what its date says.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the staged tables of the export.
    table, column : str
    formats : FileFormats
        Where nothing is known yet, the column of all files has to prove the order of its dates.

    Returns
    -------
    DataFrame
        One row per file and text: ``order`` (of the file), ``_file``, the column (see `day_text`), ``rows`` (count) and
        ``day``.
    """
    rows = connection.execute(
        f'SELECT {ORDER} AS "order", {FILE}, {day_text(column)} AS "{column}", count(*) AS "rows" FROM {table} '
        "GROUP BY ALL ORDER BY ALL"
    ).df()
    rows = rows.astype({FILE: "str", column: "str"})
    return rows.assign(day=read_moments(rows, table, column, None, formats, "UTC")["value"].dt.normalize())


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


def summarise_structure(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params], formats: FileFormats
) -> pd.DataFrame:
    """How the campaigns of each market are built.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the sliced tables, see `assign_markets`.
    params : mapping
        Market -> its parameters, in the order of the result, in which ``unassigned`` comes last.
    formats : FileFormats

    Returns
    -------
    DataFrame
        One row per market with campaigns: ``market``, ``campaigns`` and ``users`` (counts),
        ``daily_budget`` (median, money), ``days`` (median from start to stop) and ``ad_sets`` (mean per
        campaign that delivered).
    """
    names = "id, user_id, daily_budget, start_time, stop_time"
    rows = fetch_texts(connection, f"SELECT {MARKET_COLUMN}, {FILE}, {names} FROM {sliced(CAMPAIGNS)}")
    frame = pd.concat(
        [
            _describe_campaigns(own, params.get(str(market)), formats)
            for market, own in rows.groupby(MARKET_COLUMN)
        ]
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
    order = [m for m in (*params, UNASSIGNED) if m in summary.index]
    summary = summary.loc[order].rename_axis("market").reset_index()
    return summary.assign(ad_sets=summary["market"].map(dict(ad_sets)).astype(float))


def _describe_campaigns(rows: pd.DataFrame, params: Params | None, formats: FileFormats) -> pd.DataFrame:
    start, stop = (
        read_moments(rows, CAMPAIGNS, name, params, formats, "UTC")["value"]
        for name in ("start_time", "stop_time")
    )
    return pd.DataFrame(
        {
            "market": rows[MARKET_COLUMN],
            "campaign_id": map_distinct(rows["id"], clean_id),
            "user_id": map_distinct(rows["user_id"], clean_id),
            "daily_budget": read_numbers(rows, CAMPAIGNS, "daily_budget", params, formats)["value"],
            "days": (stop - start).dt.total_seconds() / 86_400,
        }
    )
