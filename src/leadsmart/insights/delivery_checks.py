"""Checks of delivery: money and clicks that bring nothing, days that stand out, people shown ads too often."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd

from leadsmart.display.formats import format_count, format_value
from leadsmart.insights.expectations import by_series, expected_days, series_name
from leadsmart.insights.measures import aggregate_kpis, delivery_frame, lead_frame, look_up
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_RATIO, MarketTables

COLUMNS = ("series", "first_day", "last_day", "n", "money_at_risk", "detail")
#: A campaign without leads is an alert once this many were to be expected: chance leaves none in 5 % of cases.
EXPECTED_LEADS = 3.0
#: Days without leads are an alert once this many were to be expected: there are many runs of days to look at.
EXPECTED_IN_RUN = 6.0
#: A shorter gap is a rounding of dates, a longer one was meant.
SILENT_DAYS = (2, 14)
SPIKE_DAYS = 28
SPIKE_RATIO = 2.5
SPIKE_SCORE = 3.0
HIGH_FREQUENCY = 2.5
MINIMUM_IMPRESSIONS = 1000


def told(values: pd.Series, write: Callable[[float], str]) -> pd.Series:
    """Each value as text; text even where there is no value at all."""
    return pd.Series([write(value) for value in values], index=values.index, dtype="str")


def _alerts(table: pd.DataFrame) -> pd.DataFrame:
    return table.reindex(columns=list(COLUMNS)).reset_index(drop=True)


def check_spend_without_leads(tables: MarketTables, params: Params, as_of: dt.date) -> pd.DataFrame:
    """Campaigns that never brought a lead although the market's CPL let expect at least three."""
    campaigns = aggregate_kpis(tables, params, ["campaign_id", "project_name", "user_id"])
    total = campaigns[["spend", "leads"]].sum()
    if total["leads"] == 0 or total["spend"] == 0:
        return _alerts(pd.DataFrame())
    cost = total["spend"] / total["leads"]
    dry = campaigns[(campaigns["leads"] == 0) & (campaigns["spend"] >= EXPECTED_LEADS * cost)]
    days = tables.ad_performance.groupby("campaign_id")["delivery_date"].agg(["min", "max", "nunique"])
    days = days.reindex(dry["campaign_id"])
    expected = told(dry["spend"] / cost, format_count)
    return _alerts(
        pd.DataFrame(
            {
                "series": "campaign " + dry["campaign_id"] + ", " + series_name(dry),
                "first_day": days["min"].to_numpy(),
                "last_day": days["max"].to_numpy(),
                "n": days["nunique"].to_numpy(),
                "money_at_risk": dry["spend"],
                "detail": "no lead, " + expected + " expected at the market's CPL",
            }
        )
    )


def check_clicks_without_leads(tables: MarketTables, params: Params, as_of: dt.date) -> pd.DataFrame:
    """Runs of delivery days without a lead in a series that otherwise brings them: broken tracking.

    Series are project × user and channels. A run is an alert if the campaigns' own leads per click let expect at
    least six leads; the worst run of a series is shown.
    """
    delivery, leads = delivery_frame(tables), lead_frame(tables, params)
    if delivery.empty or leads.empty:
        return _alerts(pd.DataFrame())
    daily = by_series(expected_days(delivery, leads)).groupby(["series", "delivery_date"], as_index=False)
    daily = daily[["spend", "leads", "usual_leads"]].sum().rename(columns={"usual_leads": "expected"})
    leads = by_series(leads)
    arrived = leads.groupby(["series", "arrived_date"]).size().rename("came")
    # leads of a campaign that does not deliver that day still show that the form works
    daily["leads"] = daily.join(arrived, on=["series", "delivery_date"])["came"].fillna(0)
    # a lead may come on a day without delivery; the run it falls into is not dry
    later = {name: np.sort(days.to_numpy()) for name, days in leads.groupby("series")["arrived_date"]}
    daily = daily.sort_values(["series", "delivery_date"], ignore_index=True)
    daily["run"] = (daily["leads"] > 0).groupby(daily["series"]).cumsum()
    dry = daily[daily["leads"] == 0]
    runs = dry.groupby(["series", "run"], as_index=False).agg(
        first_day=("delivery_date", "min"),
        last_day=("delivery_date", "max"),
        n=("delivery_date", "size"),
        money_at_risk=("spend", "sum"),
        expected=("expected", "sum"),
    )
    runs = runs[runs["expected"] >= EXPECTED_IN_RUN]
    quiet = [
        name not in later or not _any_between(later[name], first, last)
        for name, first, last in zip(runs["series"], runs["first_day"], runs["last_day"], strict=True)
    ]
    runs = runs[np.array(quiet, dtype=bool)] if len(runs) else runs
    runs = runs.sort_values(["expected", "series"], ascending=[False, True]).drop_duplicates("series")
    return _alerts(runs.assign(detail="no lead, " + told(runs["expected"], format_count) + " expected"))


def _any_between(days: np.ndarray, first: pd.Timestamp, last: pd.Timestamp) -> bool:
    return bool(
        np.searchsorted(days, last.to_datetime64(), "right") > np.searchsorted(days, first.to_datetime64())
    )


def check_silence(tables: MarketTables, params: Params, as_of: dt.date) -> pd.DataFrame:
    """Campaigns with two to fourteen days in a row without delivery between their first and last delivery.

    At risk is what the campaign would have spent at its usual pace: leads that were not bought.
    """
    days = tables.ad_performance[["campaign_id", "delivery_date"]].drop_duplicates()
    days = days.sort_values(["campaign_id", "delivery_date"], ignore_index=True)
    before = days.groupby("campaign_id")["delivery_date"].shift()
    gap = (days["delivery_date"] - before).dt.days - 1
    gaps = days.assign(first_day=before + pd.Timedelta(days=1), n=gap)[gap.between(*SILENT_DAYS)]
    worst = gaps.sort_values(["n", "campaign_id"], ascending=[False, True]).drop_duplicates("campaign_id")
    campaigns = tables.campaigns.set_index("campaign_id").loc[worst["campaign_id"]].reset_index()
    worst = worst.reset_index(drop=True)
    pace = tables.ad_performance.groupby("campaign_id")["spend"].sum() / days.groupby("campaign_id").size()
    return _alerts(
        worst.assign(
            series="campaign " + worst["campaign_id"] + ", " + series_name(campaigns),
            last_day=worst["delivery_date"] - pd.Timedelta(days=1),
            money_at_risk=worst["n"] * look_up(worst["campaign_id"], pace),
            detail=told(worst["n"], format_count) + " days without delivery",
        )
    )


def check_spend_spikes(tables: MarketTables, params: Params, as_of: dt.date) -> pd.DataFrame:
    """Days on which a series (project × user, channel) of at least 28 days spent far more than its campaigns do.

    Far more: at least 2.5 times what the campaigns' other days let expect (after the market's weekday pattern) and
    three robust standard deviations of the series' 28 days before on the log scale. At risk is what went beyond.
    """
    delivery = delivery_frame(tables)
    if delivery.empty:
        return _alerts(pd.DataFrame())
    daily = by_series(expected_days(delivery, lead_frame(tables, params)))
    daily = daily.groupby(["series", "delivery_date"], as_index=False)[["spend", "usual_spend"]].sum()
    daily = daily[daily["usual_spend"] > 0].sort_values(["series", "delivery_date"], ignore_index=True)
    daily = daily[daily["spend"] > 0].reset_index(drop=True)
    if daily.empty:
        return _alerts(pd.DataFrame())
    weekday = daily["delivery_date"].dt.day_of_week
    level = np.log(daily["spend"] / daily["usual_spend"])
    # the pattern within the week alone: the days' common level says how far spikes lifted what was to be expected
    level -= level.groupby(weekday).transform("median") - level.median()
    past = level.groupby(daily["series"]).shift()
    rolling = past.groupby(daily["series"]).rolling(SPIKE_DAYS, min_periods=SPIKE_DAYS)
    quarter = rolling.quantile(0.75) - rolling.quantile(0.25)
    spread = (quarter.reset_index(level=0, drop=True).sort_index() / 1.349).clip(lower=0.1)
    is_spike = (level >= SPIKE_SCORE * spread) & (level >= np.log(SPIKE_RATIO))
    spikes = daily.assign(ratio=np.exp(level))[is_spike]
    spikes = spikes.assign(excess=spikes["spend"] * (1 - 1 / spikes["ratio"]))
    found = spikes.groupby("series", as_index=False).agg(
        first_day=("delivery_date", "min"),
        last_day=("delivery_date", "max"),
        n=("delivery_date", "size"),
        money_at_risk=("excess", "sum"),
        ratio=("ratio", "max"),
    )
    times = told(found["ratio"], lambda ratio: format_value(ratio, UNIT_RATIO))
    return _alerts(found.assign(detail="up to " + times + " the usual spend of a day"))


def check_frequency(tables: MarketTables, params: Params, as_of: dt.date) -> pd.DataFrame:
    """Campaigns with ad set days on which people saw an ad 2.5 times or more on average.

    Reach does not add up over days or ad sets, so frequency is judged per delivery row of 1,000 impressions.
    """
    delivery = delivery_frame(tables)
    delivery = delivery[(delivery["reach"] > 0) & (delivery["impressions"] >= MINIMUM_IMPRESSIONS)]
    often = delivery[delivery["impressions"] >= HIGH_FREQUENCY * delivery["reach"]]
    often = often.assign(frequency=often["impressions"] / often["reach"], series=series_name(often))
    found = often.groupby(["campaign_id", "series"], as_index=False).agg(
        first_day=("delivery_date", "min"),
        last_day=("delivery_date", "max"),
        n=("delivery_date", "size"),
        money_at_risk=("spend", "sum"),
        frequency=("frequency", "max"),
    )
    found["detail"] = (
        "a person saw the ad up to " + told(found["frequency"], "{:.1f}".format) + " times a day"
    )
    return _alerts(found.assign(series="campaign " + found["campaign_id"] + ", " + found["series"]))
