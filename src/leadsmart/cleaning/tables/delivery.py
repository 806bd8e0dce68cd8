"""Clean delivery rows: what each ad set did on each day."""

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.cleaning.parsing.file_formats import FileFormats, read_moments, read_numbers
from leadsmart.cleaning.parsing.headers import PERIOD_END
from leadsmart.cleaning.parsing.raw_rows import FILE, LINE, ORDER
from leadsmart.cleaning.tables.cleaned_table import (
    CleanedTable,
    any_of,
    clean_ids,
    quarantine_unreadable,
    reformatted_ids,
    remove,
    repaired_dates,
    unusable_dates,
)
from leadsmart.cleaning.tables.rules import FINER_ROW, KEPT, SAME_DAY
from leadsmart.cleaning.values.texts import clean_text, is_in, map_distinct
from leadsmart.market_tables import local_day, look_up
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE

DELIVERY_KEY: Final = ["ad_set_id", "campaign_id", "delivery_date"]
_COUNTS: Final = ["reach", "impressions", "clicks"]
_AMOUNTS: Final = [*_COUNTS, "spend"]


def clean_delivery(
    raw: pd.DataFrame, campaigns: pd.DataFrame, params: Params, last_day: dt.date, formats: FileFormats
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
    formats : FileFormats

    Returns
    -------
    CleanedTable
        Rows as `market_tables.MarketTables` says.
    """
    ids = clean_ids(raw, "ad_set_id", "campaign_id")
    moments = read_moments(raw, AD_PERFORMANCE, "created_at", params, formats, params.timezone)
    numbers = {column: read_numbers(raw, AD_PERFORMANCE, column, params, formats) for column in _AMOUNTS}
    day = local_day(moments["value"]).astype("datetime64[us]")
    values = {column: parsed["value"] for column, parsed in numbers.items()}
    rows = pd.DataFrame({**ids, "delivery_date": day, **values})
    is_finer = raw[FILE].isin(formats.finer_files)
    outcomes = remove(
        quarantine_unreadable(raw, ids.values(), {"total_line": _is_total(raw, formats)}),
        {
            "no_delivery": _is_no_delivery(raw, rows),
            "unknown_campaign": ~is_in(ids["campaign_id"], campaigns["campaign_id"]),
            **unusable_dates(moments, params, last_day),
            "unreadable_spend": rows["spend"].isna(),
            "negative_amount": rows[_AMOUNTS].lt(0).any(axis=1),
        },
    )
    # rows of a finer grain may be alike without being the same
    outcomes = remove(
        outcomes, {"exact_duplicate": rows[outcomes.eq(KEPT) & ~is_finer].duplicated(keep="last")}
    )
    outcomes = remove(outcomes, {"restated": _is_restated(rows[outcomes.eq(KEPT)], raw[ORDER])})
    kept, is_merged = _merge_same_day(rows[outcomes.eq(KEPT)])
    outcomes = remove(outcomes, {FINER_ROW: is_merged & is_finer, SAME_DAY: is_merged})
    days = _count_days(raw, rows["delivery_date"], params, formats)[kept.index]
    matches = {
        **reformatted_ids(raw, ids),
        "number_reformatted": any_of(parsed["reformatted"] for parsed in numbers.values()),
        **repaired_dates(moments),
        "unreadable_count": rows[_COUNTS].isna().any(axis=1),
        "spread_over_days": days > 1,
        "clicks_above_impressions": kept["clicks"].gt(kept["impressions"]),
        "reach_above_impressions": kept["reach"].gt(kept["impressions"]),
        "day_outside_campaign": _is_outside_campaign(rows, campaigns),
    }
    spread = _spread(kept, days, campaigns) if days.gt(1).any() else kept
    return CleanedTable(AD_PERFORMANCE, spread, raw, outcomes, matches, rows["spend"].fillna(0.0))


def _is_total(raw: pd.DataFrame, formats: FileFormats) -> pd.Series:
    if not formats.total_lines:
        return pd.Series(False, index=raw.index)
    lines = pd.MultiIndex.from_frame(raw[[FILE, LINE]])
    return pd.Series(lines.isin(list(formats.total_lines)), index=raw.index)


def _count_days(raw: pd.DataFrame, start: pd.Series, params: Params, formats: FileFormats) -> pd.Series:
    """Days that each row is for: one, unless the end of its period is known and rows are to be spread."""
    if params.coarse_delivery != "spread" or PERIOD_END not in raw:
        return pd.Series(1, index=raw.index)
    # the end is written as the start is
    ends = raw.assign(created_at=raw[PERIOD_END])
    moments = read_moments(ends, AD_PERFORMANCE, "created_at", params, formats, params.timezone)
    return (local_day(moments["value"]) - start).dt.days.add(1).fillna(1).clip(lower=1).astype(int)


def _spread(rows: pd.DataFrame, days: pd.Series, campaigns: pd.DataFrame) -> pd.DataFrame:
    """A row per day, each with its part of the figures, on those days of the row on which its campaign ran.

    Parts are rounded so that they add up exactly; reach, which does not add up, is missing.
    """
    dates = campaigns.set_index("campaign_id")[["started_at", "stopped_at"]]
    start, stop = (local_day(look_up(rows["campaign_id"], dates[column])) for column in dates)
    first, last = rows["delivery_date"], rows["delivery_date"] + pd.to_timedelta(days - 1, unit="D")
    inner_first, inner_last = first.where(~(start > first), start), last.where(~(stop < last), stop)
    ran = inner_first <= inner_last
    first, last = inner_first.where(ran, first), inner_last.where(ran, last)
    count = (last - first).dt.days + 1
    spread = rows.loc[rows.index.repeat(count)]
    place = pd.Series(np.concatenate([np.arange(n) for n in count]), index=spread.index)
    whole = count.loc[spread.index]
    spread["delivery_date"] = first.loc[spread.index] + pd.to_timedelta(place, unit="D")
    for column, digits in (("impressions", 0), ("clicks", 0), ("spend", 6)):
        before, until = (spread[column] * (place + step) / whole for step in (0, 1))
        spread[column] = (until.round(digits) - before.round(digits)).round(digits)
    spread["reach"] = spread["reach"].mask(whole.gt(1))
    return spread


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
