"""Clean delivery rows: what each ad set did on each day."""

import datetime as dt
from typing import Final

import pandas as pd

from leadsmart.cleaning.reading.raw_rows import ORDER
from leadsmart.cleaning.tables.outcome import (
    Outcome,
    date_marks,
    first_exits,
    id_marks,
    leave,
    leave_as_duplicates,
    leave_by_date,
    local_days,
)
from leadsmart.cleaning.tables.rules import KEPT, SAME_DAY
from leadsmart.cleaning.values.dates import parse_moments
from leadsmart.cleaning.values.numbers import parse_numbers
from leadsmart.cleaning.values.texts import clean_id, is_in, look_up, map_distinct
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE

KEY: Final = ["ad_set_id", "campaign_id", "delivery_date"]
COUNTS: Final = ["reach", "impressions", "clicks"]
COLUMNS: Final = [*KEY, *COUNTS, "spend"]


def clean_delivery(raw: pd.DataFrame, campaigns: pd.DataFrame, params: Params, last_day: dt.date) -> Outcome:
    """Clean the delivery rows of a slice.

    Parameters
    ----------
    raw : DataFrame
        Raw rows with their origin, see `Slices.read`.
    campaigns : DataFrame
        Clean campaigns of the slice.
    params : Params
    last_day : date
        The export's last day.

    Returns
    -------
    Outcome
        Rows as `vocabulary.MarketTables` says.
    """
    ad_set_id, campaign_id = (map_distinct(raw[column], clean_id) for column in ("ad_set_id", "campaign_id"))
    moments = parse_moments(raw["created_at"], params.date_order, params.timezone)
    numbers = {column: parse_numbers(raw[column], params.decimal_comma) for column in (*COUNTS, "spend")}
    values = {column: parsed["value"] for column, parsed in numbers.items()}
    day = local_days(moments["value"]).astype("datetime64[us]")
    rows = pd.DataFrame({"ad_set_id": ad_set_id, "campaign_id": campaign_id, "delivery_date": day, **values})
    exits = first_exits(raw, [ad_set_id, campaign_id])
    exits = leave(exits, "unknown_campaign", ~is_in(campaign_id, campaigns["campaign_id"]))
    exits = leave_by_date(exits, moments, params.platform_start, last_day)
    exits = leave(exits, "unreadable_spend", rows["spend"].isna())
    exits = leave(exits, "negative_amount", rows[[*COUNTS, "spend"]].lt(0).any(axis=1))
    exits = leave_as_duplicates(exits, rows, "exact_duplicate", COLUMNS)
    exits = leave(exits, "restated", is_restated(rows, raw[ORDER], exits))
    kept, is_merged = merge_same_day(rows[exits.eq(KEPT)])
    exits = leave(exits, SAME_DAY, is_merged.reindex(raw.index, fill_value=False))
    marks = {
        "id_reformatted": id_marks(raw, {"ad_set_id": ad_set_id, "campaign_id": campaign_id}),
        "number_reformatted": pd.concat([n["reformatted"] for n in numbers.values()], axis=1).any(axis=1),
        **date_marks(moments),
        "unreadable_count": rows[COUNTS].isna().any(axis=1),
        "clicks_above_impressions": kept["clicks"]
        .gt(kept["impressions"])
        .reindex(raw.index, fill_value=False),
        "reach_above_impressions": kept["reach"].gt(kept["impressions"]).reindex(raw.index, fill_value=False),
        "day_outside_campaign": is_outside_campaign(rows, campaigns),
    }
    return Outcome(AD_PERFORMANCE, kept, raw, exits, marks, values["spend"].fillna(0.0))


def is_restated(rows: pd.DataFrame, file_order: pd.Series, exits: pd.Series) -> pd.Series:
    """Kept rows whose ad set and day a later file states again."""
    kept = rows.loc[exits.eq(KEPT), KEY].assign(order=file_order)
    last = kept.groupby(KEY, sort=False)["order"].transform("max")
    return kept["order"].lt(last).reindex(rows.index, fill_value=False)


def merge_same_day(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """One row per ad set, campaign and day.

    Spend, impressions and clicks add up; reach counts people, who may be the same, so the largest stands.

    Returns
    -------
    (DataFrame, Series of bool)
        The rows, at the place of the first of each day, and which rows were merged into them.
    """
    is_merged = rows.duplicated(KEY)
    if not is_merged.any():
        return rows, is_merged
    several = rows.duplicated(KEY, keep=False)
    grouped = rows[several].groupby(KEY, sort=False)
    # a sum over nothing is missing, not zero
    summed = grouped[["impressions", "clicks", "spend"]].sum(min_count=1)
    merged = summed.assign(reach=grouped["reach"].max(), spend=summed["spend"].round(6)).reset_index()
    merged.index = rows.index[several & ~is_merged]
    result = rows[~is_merged].copy()
    result.loc[merged.index, [*COUNTS, "spend"]] = merged[[*COUNTS, "spend"]]
    return result, is_merged


def is_outside_campaign(rows: pd.DataFrame, campaigns: pd.DataFrame) -> pd.Series:
    """Rows whose day lies before their campaign's start or after its stop."""
    dates = campaigns.set_index("campaign_id")[["started_at", "stopped_at"]]
    start, stop = (local_days(look_up(rows["campaign_id"], dates[column])) for column in dates)
    return (rows["delivery_date"] < start) | (rows["delivery_date"] > stop)
