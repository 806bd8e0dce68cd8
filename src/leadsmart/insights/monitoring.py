"""Jumps of CTR and CPL, on series that are long and big enough to have a past."""

import numpy as np
import pandas as pd

from leadsmart.display.formats import format_money, format_percent
from leadsmart.insights.delivery_checks import told
from leadsmart.insights.expectations import USUAL, by_series, expected_days
from leadsmart.insights.measures import delivery_frame, lead_frame
from leadsmart.params import Params
from leadsmart.vocabulary import MarketTables

PAST_DAYS = 28
MINIMUM_CLICKS_A_DAY = 200
#: Robust standard deviations, and relative change, that make a jump.
SCORE = 4.0
CTR_DROP = 0.45
#: Clicks to be expected of a day before its CTR is judged.
MINIMUM_DAY_CLICKS = 100
CPL_JUMP = 1.0
CPL_DAYS = 7
MEASURES = ("spend", "impressions", "clicks", "leads")
COLUMNS = ("rule", "series", "first_day", "last_day", "n", "money_at_risk", "detail")


def check_jumps(tables: MarketTables, params: Params) -> tuple[pd.DataFrame, int]:
    """Days on which CTR fell, and weeks in which CPL rose, far beyond the 28 days before.

    Monitored are project × user and the market's channels with at least 28 delivery days and 200 clicks a day
    on average. CTR is compared with what the campaigns' other days let expect (so that new campaigns are no
    jump), on the log scale, after the market's weekday pattern, with median and interquartile range of the past;
    CPL over 7 days.

    Returns
    -------
    DataFrame, int
        One row per series and rule with an alert: ``rule`` (ctr_drop, cpl_jump), ``series, first_day, last_day,
        n`` (days), ``money_at_risk`` (spend of those days), ``detail``; and the number of monitored series.
    """
    if tables.ad_performance.empty:
        return pd.DataFrame(columns=COLUMNS), 0
    daily = monitored_days(tables, params)
    if daily.empty:
        return pd.DataFrame(columns=COLUMNS), 0
    found = [_ctr_drops(daily), _cpl_jumps(daily, params)]
    jumps = pd.concat([f for f in found if len(f)] or [pd.DataFrame()]).reindex(columns=list(COLUMNS))
    return jumps, daily["series"].nunique()


def monitored_days(tables: MarketTables, params: Params) -> pd.DataFrame:
    """Delivery days of the monitored series.

    Returns
    -------
    DataFrame
        One row per series and day with delivery, in order: ``series, day``, ``spend, impressions, clicks, leads`` (sums),
        ``usual_clicks, usual_leads, usual_spend`` (`expected_days`).
    """
    daily = _daily(tables, params)
    return daily[daily["series"].isin(_monitored(daily))].sort_values(["series", "day"], ignore_index=True)


def _daily(tables: MarketTables, params: Params) -> pd.DataFrame:
    delivery = expected_days(delivery_frame(tables), lead_frame(tables, params))
    rows = by_series(delivery)
    sums = rows.groupby(["series", "delivery_date"])[[*MEASURES, *(f"usual_{m}" for m in USUAL)]].sum()
    return sums.reset_index().rename(columns={"delivery_date": "day"})


def _monitored(daily: pd.DataFrame) -> pd.Index:
    size = daily.groupby("series").agg(days=("day", "nunique"), clicks=("clicks", "sum"))
    return size.index[(size["days"] >= PAST_DAYS) & (size["clicks"] >= MINIMUM_CLICKS_A_DAY * size["days"])]


def _past(values: pd.Series, series: pd.Series, gap: int) -> tuple[pd.Series, pd.Series]:
    """Median and robust spread of the 28 days before, without the last `gap`."""
    shifted = values.groupby(series).shift(gap)
    window = shifted.groupby(series).rolling(PAST_DAYS, min_periods=PAST_DAYS // 2)
    centre = window.median().reset_index(level=0, drop=True).sort_index()
    quarter = (window.quantile(0.75) - window.quantile(0.25)).reset_index(level=0, drop=True).sort_index()
    return centre, quarter / 1.349


def _ctr_drops(daily: pd.DataFrame) -> pd.DataFrame:
    rows = daily[(daily["usual_clicks"] >= MINIMUM_DAY_CLICKS) & (daily["clicks"] > 0)].reset_index(drop=True)
    weekday = rows["day"].dt.day_of_week
    by_day = rows.groupby(weekday)[["clicks", "usual_clicks"]].sum()
    usual = by_day["clicks"] / by_day["usual_clicks"]
    level = np.log(rows["clicks"] / rows["usual_clicks"] / weekday.map(usual))
    centre, spread = _past(level, rows["series"], 1)
    noise = np.sqrt(spread.clip(lower=0.03) ** 2 + 1 / rows["usual_clicks"])
    fell = (level - centre <= -SCORE * noise) & (level - centre <= np.log(1 - CTR_DROP))
    change = 1 - np.exp(level - centre)
    return _report(
        rows.assign(change=change)[fell], "ctr_drop", lambda worst: f"CTR down {format_percent(worst)}"
    )


def _cpl_jumps(daily: pd.DataFrame, params: Params) -> pd.DataFrame:
    week = daily.groupby("series")[["spend", "leads"]].rolling(CPL_DAYS, min_periods=CPL_DAYS).sum()
    week = week.reset_index(level=0, drop=True).sort_index()
    level = np.log(week["spend"].where(week["spend"] > 0)) - np.log(week["leads"] + 0.5)
    centre, spread = _past(level, daily["series"], CPL_DAYS)
    noise = np.sqrt(spread.clip(lower=0.1) ** 2 + 1 / (week["leads"] + 0.5))
    rose = (level - centre >= SCORE * noise) & (level - centre >= np.log(1 + CPL_JUMP))
    rows = daily.assign(change=week["spend"] / (week["leads"] + 0.5))[rose]
    return _report(
        rows, "cpl_jump", lambda worst: f"CPL over a week up to {format_money(worst, params.currency)}"
    )


def _report(rows: pd.DataFrame, rule: str, describe) -> pd.DataFrame:
    found = rows.groupby("series", as_index=False).agg(
        first_day=("day", "min"),
        last_day=("day", "max"),
        n=("day", "size"),
        money_at_risk=("spend", "sum"),
        change=("change", "max"),
    )
    return found.assign(rule=rule, detail=told(found["change"], describe))
