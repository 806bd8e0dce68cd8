"""Clean delivery rows: what each ad set did on each day."""

import datetime as dt
from typing import Final

import pandas as pd

from leadsmart.cleaning.parsing.raw_rows import ORDER
from leadsmart.cleaning.tables.cleaned_table import (
    CleanedTable,
    any_of,
    clean_ids,
    quarantine_unreadable,
    read_moments,
    reformatted_ids,
    remove,
    remove_duplicates,
    repaired_dates,
    unusable_dates,
)
from leadsmart.cleaning.tables.rules import KEPT, SAME_DAY
from leadsmart.cleaning.values.numbers import parse_numbers
from leadsmart.cleaning.values.texts import clean_text, is_in, map_distinct
from leadsmart.market_tables import local_day, look_up
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE

DELIVERY_KEY: Final = ["ad_set_id", "campaign_id", "delivery_date"]
_COUNTS: Final = ["reach", "impressions", "clicks"]
_AMOUNTS: Final = [*_COUNTS, "spend"]


def clean_delivery(
    raw: pd.DataFrame, campaigns: pd.DataFrame, params: Params, last_day: dt.date
) -> CleanedTable:
    """Clean the delivery rows of a slice.

    Parameters
    ----------
    raw : DataFrame
        Raw rows with their origin, see `read_rows`.
    campaigns : DataFrame
        Clean campaigns of the slice.
    params : Params
    last_day : date
        The export's last day.

    Returns
    -------
    CleanedTable
        Rows as `market_tables.MarketTables` says.
    """
    ids = clean_ids(raw, "ad_set_id", "campaign_id")
    moments = read_moments(raw, "created_at", params)
    numbers = {column: parse_numbers(raw[column], params.decimal_comma) for column in _AMOUNTS}
    day = local_day(moments["value"]).astype("datetime64[us]")
    values = {column: parsed["value"] for column, parsed in numbers.items()}
    rows = pd.DataFrame({**ids, "delivery_date": day, **values})
    outcomes = remove(
        quarantine_unreadable(raw, ids.values()),
        {
            "no_delivery": _is_no_delivery(raw, rows),
            "unknown_campaign": ~is_in(ids["campaign_id"], campaigns["campaign_id"]),
            **unusable_dates(moments, params, last_day),
            "unreadable_spend": rows["spend"].isna(),
            "negative_amount": rows[_AMOUNTS].lt(0).any(axis=1),
        },
    )
    outcomes = remove_duplicates(outcomes, rows, "exact_duplicate")
    outcomes = remove(outcomes, {"restated": _is_restated(rows[outcomes.eq(KEPT)], raw[ORDER])})
    kept, is_merged = _merge_same_day(rows[outcomes.eq(KEPT)])
    outcomes = remove(outcomes, {SAME_DAY: is_merged})
    matches = {
        **reformatted_ids(raw, ids),
        "number_reformatted": any_of(parsed["reformatted"] for parsed in numbers.values()),
        **repaired_dates(moments),
        "unreadable_count": rows[_COUNTS].isna().any(axis=1),
        "clicks_above_impressions": kept["clicks"].gt(kept["impressions"]),
        "reach_above_impressions": kept["reach"].gt(kept["impressions"]),
        "day_outside_campaign": _is_outside_campaign(rows, campaigns),
    }
    return CleanedTable(AD_PERFORMANCE, kept, raw, outcomes, matches, rows["spend"].fillna(0.0))


def _is_no_delivery(raw: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """Rows without spend whose other amounts are empty or zero."""
    is_empty = {column: map_distinct(raw[column], clean_text).isna() for column in _AMOUNTS}
    counts = [is_empty[column] | rows[column].eq(0) for column in _COUNTS]
    return is_empty["spend"] & pd.concat(counts, axis=1).all(axis=1)


def _is_restated(rows: pd.DataFrame, file_order: pd.Series) -> pd.Series:
    """Rows whose ad set and day a later file states again."""
    order = file_order.loc[rows.index]
    last = rows[DELIVERY_KEY].assign(order=order).groupby(DELIVERY_KEY, sort=False)["order"].transform("max")
    return order.lt(last)


def _merge_same_day(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """One row per ad set, campaign and day.

    Spend, impressions and clicks add up; reach counts people, who may be the same, so the largest stands.

    Returns
    -------
    (DataFrame, Series of bool)
        The rows, at the place of the first of each day, and which rows were merged into them.
    """
    is_merged = rows.duplicated(DELIVERY_KEY)
    if not is_merged.any():
        return rows, is_merged
    several = rows.duplicated(DELIVERY_KEY, keep=False)
    grouped = rows[several].groupby(DELIVERY_KEY, sort=False)
    # a sum over nothing is missing, not zero
    summed = grouped[["impressions", "clicks", "spend"]].sum(min_count=1)
    merged = summed.assign(reach=grouped["reach"].max(), spend=summed["spend"].round(6)).reset_index()
    merged.index = rows.index[several & ~is_merged]
    result = rows[~is_merged].copy()
    result.loc[merged.index, _AMOUNTS] = merged[_AMOUNTS]
    return result, is_merged


def _is_outside_campaign(rows: pd.DataFrame, campaigns: pd.DataFrame) -> pd.Series:
    """Rows whose day lies before their campaign's start or after its stop."""
    dates = campaigns.set_index("campaign_id")[["started_at", "stopped_at"]]
    start, stop = (local_day(look_up(rows["campaign_id"], dates[column])) for column in dates)
    return (rows["delivery_date"] < start) | (rows["delivery_date"] > stop)
