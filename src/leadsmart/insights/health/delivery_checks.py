"""Checks of campaigns: money that brings no lead, days without delivery, people shown ads too often.

Each returns its alerts, one row per campaign: ``series`` (name), ``first_day, last_day, n`` (days, or delivery rows),
``money_at_risk, detail``; other columns are not read.
"""

import pandas as pd

from leadsmart.formats import format_count
from leadsmart.insights.health.expectations import series_name
from leadsmart.insights.kpi.measures import aggregate_kpis, delivery_frame
from leadsmart.market import Market
from leadsmart.market_tables import look_up

#: A campaign without leads is an alert once this many were to be expected: chance leaves none in 5 % of cases.
EXPECTED_LEADS = 3.0
#: A shorter gap is a rounding of dates, a longer one was meant.
SILENT_DAYS = (2, 14)
HIGH_FREQUENCY = 2.5
MINIMUM_IMPRESSIONS = 1000


def check_spend_without_leads(market: Market) -> pd.DataFrame:
    """Campaigns that never brought a lead although the market's CPL let expect at least three."""
    campaigns = aggregate_kpis(market, ["campaign_id", "project_name", "user_id"])
    total = campaigns[["spend", "leads"]].sum()
    if total["leads"] == 0 or total["spend"] == 0:
        return pd.DataFrame()
    cost = total["spend"] / total["leads"]
    dry = campaigns[(campaigns["leads"] == 0) & (campaigns["spend"] >= EXPECTED_LEADS * cost)]
    days = market.tables.ad_performance.groupby("campaign_id")["delivery_date"].agg(["min", "max", "nunique"])
    days = days.reindex(dry["campaign_id"])
    expected = (dry["spend"] / cost).map(format_count).astype("str")
    return pd.DataFrame(
        {
            "series": "campaign " + dry["campaign_id"] + ", " + series_name(dry),
            "first_day": days["min"].to_numpy(),
            "last_day": days["max"].to_numpy(),
            "n": days["nunique"].to_numpy(),
            "money_at_risk": dry["spend"],
            "detail": "no lead, " + expected + " expected at the market's CPL",
        }
    )


def check_silence(market: Market) -> pd.DataFrame:
    """Campaigns with two to fourteen days in a row without delivery between their first and last delivery.

    At risk is what the campaign would have spent at its usual pace: leads that were not bought.
    """
    delivery = market.tables.ad_performance
    days = delivery[["campaign_id", "delivery_date"]].drop_duplicates()
    days = days.sort_values(["campaign_id", "delivery_date"], ignore_index=True)
    before = days.groupby("campaign_id")["delivery_date"].shift()
    gap = (days["delivery_date"] - before).dt.days - 1
    gaps = days.assign(first_day=before + pd.Timedelta(days=1), n=gap)[gap.between(*SILENT_DAYS)]
    worst = gaps.sort_values(["n", "campaign_id"], ascending=[False, True]).drop_duplicates("campaign_id")
    campaigns = market.tables.campaigns.set_index("campaign_id").loc[worst["campaign_id"]].reset_index()
    worst = worst.reset_index(drop=True)
    pace = delivery.groupby("campaign_id")["spend"].sum() / days.groupby("campaign_id").size()
    return worst.assign(
        series="campaign " + worst["campaign_id"] + ", " + series_name(campaigns),
        last_day=worst["delivery_date"] - pd.Timedelta(days=1),
        money_at_risk=worst["n"] * look_up(worst["campaign_id"], pace),
        detail=worst["n"].map(format_count).astype("str") + " days without delivery",
    )


def check_frequency(market: Market) -> pd.DataFrame:
    """Campaigns with ad set days on which people saw an ad 2.5 times or more on average.

    Reach does not add up over days or ad sets, so frequency is judged per delivery row of 1,000 impressions.
    """
    delivery = delivery_frame(market)
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
    times = found["frequency"].map("{:.1f}".format).astype("str")
    return found.assign(
        series="campaign " + found["campaign_id"] + ", " + found["series"],
        detail="a person saw the ad up to " + times + " times a day",
    )
