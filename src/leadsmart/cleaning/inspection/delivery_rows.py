"""Rows of delivery and budgets as days and numbers, for the inspections that compare them."""

from collections.abc import Mapping, Sequence
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.inspection.columns import PLAIN_NUMBER, STARTS_WITH_DAY
from leadsmart.cleaning.parsing.file_formats import FileFormats, list_formats, read_moments, read_numbers
from leadsmart.cleaning.parsing.headers import BREAKDOWN_PREFIX, OTHER_PREFIX, PERIOD_END
from leadsmart.cleaning.parsing.raw_rows import FILE, IS_UNPARSABLE, LINE, MARKET_COLUMN, sliced
from leadsmart.cleaning.parsing.sql import quote_name, quote_text
from leadsmart.errors import LeadSmartError
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS

#: Tables of the database: ``file, line, market, ad_set_id, campaign_id, written`` (the day as text), ``day,
#: period_end, spend, impressions, clicks, reach, breakdown, others``; and ``file, campaign_id, daily_budget``.
DELIVERY_ROWS: Final = "delivery_rows"
BUDGETS: Final = "budgets"

_AMOUNTS: Final = ("spend", "impressions", "clicks", "reach")


def prepare_delivery(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Create the tables of typed delivery and budgets, read as the files are written; see `inspect.Inspection`.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the sliced tables, whose formats are known.
    params : mapping
        Market -> its parameters.

    Returns
    -------
    list of LeadSmartError
        Always empty.
    """
    formats = list_formats(connection)
    columns = connection.table(sliced(AD_PERFORMANCE)).columns
    breakdowns = [quote_name(column) for column in columns if column.startswith(BREAKDOWN_PREFIX)]
    picked = {
        "file": FILE,
        "line": LINE,
        "market": MARKET_COLUMN,
        "ad_set_id": _plain_id("ad_set_id"),
        "campaign_id": _plain_id("campaign_id"),
        "written": "created_at",
        "day": _typed(connection, AD_PERFORMANCE, "created_at", params, formats),
        "period_end": "CAST(NULL AS DATE)",
        "breakdown": _joined(breakdowns),
        "others": _joined([quote_name(column) for column in columns if column.startswith(OTHER_PREFIX)]),
    }
    if PERIOD_END in columns:
        picked["period_end"] = _typed(connection, AD_PERFORMANCE, PERIOD_END, params, formats)
    picked |= {name: _typed(connection, AD_PERFORMANCE, name, params, formats) for name in _AMOUNTS}
    _create(connection, DELIVERY_ROWS, AD_PERFORMANCE, picked)
    budget = _typed(connection, CAMPAIGNS, "daily_budget", params, formats)
    named = {"file": FILE, "campaign_id": _plain_id("id"), "daily_budget": budget}
    _create(connection, BUDGETS, CAMPAIGNS, named)
    return []


def spend_in_budgets(
    connection: duckdb.DuckDBPyConnection, quantile: float, *, by: Sequence[str] = ()
) -> dict[tuple[str, ...], tuple[float, int]]:
    """Spend of campaigns on a day, in their daily budgets, where these are known.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the typed delivery and budgets.
    quantile : float
        Over campaigns and days.
    by : sequence of str
        Beside the file: ``market`` or ``month``.

    Returns
    -------
    dict
        File and group -> the quantile, and of how many campaigns and days.
    """
    keys = ", ".join(("file", *by))
    rows = connection.execute(
        f"SELECT {keys}, quantile_cont(spend / daily_budget, ?), count(*) FROM (SELECT file, market, campaign_id, day, "
        f"strftime(day, '%Y-%m') AS month, sum(spend) AS spend FROM {DELIVERY_ROWS} WHERE day IS NOT NULL GROUP BY ALL) "
        f"JOIN (SELECT campaign_id, max(daily_budget) AS daily_budget FROM {BUDGETS} WHERE daily_budget > 0 GROUP BY 1) "
        f"USING (campaign_id) WHERE spend > 0 GROUP BY {keys} ORDER BY {keys}",
        [quantile],
    ).fetchall()
    return {tuple(group): (float(ratio), count) for *group, ratio, count in rows}


def _joined(columns: Sequence[str]) -> str:
    return f"concat_ws('|', {', '.join(columns)})" if columns else "''"


def _create(connection: duckdb.DuckDBPyConnection, name: str, table: str, picked: Mapping[str, str]) -> None:
    columns = ", ".join(f"{sql} AS {column}" for column, sql in picked.items())
    connection.execute(
        f"CREATE OR REPLACE TABLE {name} AS SELECT {columns} FROM {sliced(table)} t WHERE NOT {IS_UNPARSABLE}"
    )


def _plain_id(column: str) -> str:
    return rf"nullif(regexp_replace(trim({column}), '\.0+$', ''), '')"


def _typed(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    params: Mapping[str, Params],
    formats: FileFormats,
) -> str:
    """SQL of a column as days or numbers; cells that are not plain are looked up in a table of their own."""
    is_date = column in ("created_at", PERIOD_END)
    is_plain = f"regexp_matches({column}, {quote_text(STARTS_WITH_DAY)})"
    if not is_date:
        is_plain = f"regexp_full_match({column}, {quote_text(PLAIN_NUMBER)})"
    plain = f"try_cast({column}[1:10] AS DATE)" if is_date else f"try_cast({column} AS DOUBLE)"
    odd = connection.execute(
        f"SELECT DISTINCT {MARKET_COLUMN}, {FILE}, {column} FROM {sliced(table)} "
        f"WHERE {column} IS NOT NULL AND NOT {is_plain} ORDER BY ALL"
    ).df()
    if odd.empty:
        return f"CASE WHEN {is_plain} THEN {plain} END"
    odd = odd.astype("str")
    parts: Sequence[pd.Series] = [
        _read(rows, table, column, params.get(str(market)), formats, is_date)
        for market, rows in odd.groupby(MARKET_COLUMN)
    ]
    connection.register("odd", odd.assign(value=pd.concat(parts)))
    name = f"odd_{table}_{column}"
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM odd")
    connection.unregister("odd")
    found = (
        f"(SELECT CAST(any_value(o.value) AS {'DATE' if is_date else 'DOUBLE'}) FROM {name} o WHERE o.{MARKET_COLUMN} = t.{MARKET_COLUMN} "
        f"AND o.{FILE} = t.{FILE} AND o.{column} = t.{column})"
    )
    return f"CASE WHEN {is_plain} THEN {plain} ELSE {found} END"


def _read(
    rows: pd.DataFrame, table: str, column: str, params: Params | None, formats: FileFormats, is_date: bool
) -> pd.Series:
    if not is_date:
        return read_numbers(rows, table, column, params, formats)["value"]
    zone = params.timezone if params else "UTC"
    # the end of a period is written as its start is
    start = rows.rename(columns={column: "created_at"})
    moments = read_moments(start, table, "created_at", params, formats, zone)["value"]
    return moments.dt.tz_localize(None).dt.normalize()
