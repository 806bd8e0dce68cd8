"""Checks of campaigns and of the follow-up: what looks broken, and what it puts at risk.

Each returns its alerts, one row per campaign or per business user: ``series`` (name), ``first_day, last_day, n`` (days,
delivery rows, leads or verdicts), ``money_at_risk, detail``; other columns are not read.
"""

import datetime as dt

import pandas as pd

from leadsmart.formats import format_count, format_percent
from leadsmart.insights.health.expectations import series_name
from leadsmart.insights.journey.verdicts import dated_verdicts
from leadsmart.insights.kpi.measures import aggregate_kpis, delivery_frame, lead_frame
from leadsmart.market import Market
from leadsmart.market_tables import days_between, local_day, look_up
from leadsmart.vocabulary import OUTCOME_UNDECIDED, OUTCOME_UNREACHABLE, UNTOUCHED_STATUSES

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


UNTOUCHED_DAYS = 7
FROZEN_DAYS = 30
MINIMUM_LEADS = 5
BATCH_SHARE = 0.5
#: A status that says nothing: neither that a lead was called nor that it was not.
NO_STATUS = "UNKNOWN"
MINIMUM_VERDICTS = 10


def has_history(market: Market) -> bool:
    """Whether any status change is known."""
    return not market.tables.status_events.empty


def says_what_became_of_leads(market: Market) -> bool:
    """Whether any status, present or past, says more than that a lead is new or unknown."""
    return has_history(market) or not market.tables.leads["lead_status"].isin(UNTOUCHED_STATUSES).all()


def check_untouched(market: Market) -> pd.DataFrame:
    """Business users with five or more new leads older than a week that nobody touched.

    At risk is what those leads cost, at the user's own CPL. Leads of unknown status may have been called.
    """
    leads = lead_frame(market)
    events = market.tables.status_events
    touched = events.loc[~events["status"].isin(UNTOUCHED_STATUSES), "lead_id"]
    old = days_between(leads["arrived_date"], None, market.as_of - dt.timedelta(days=UNTOUCHED_DAYS))
    new = leads["lead_status"].isin(UNTOUCHED_STATUSES - {NO_STATUS})
    waiting = leads[old & new & ~leads["lead_id"].isin(touched)]
    return _per_user(waiting, leads, market, f"older than {UNTOUCHED_DAYS} days and never touched")


def check_unknown(market: Market) -> pd.DataFrame:
    """Business users with five or more leads older than a week whose status says nothing."""
    leads = lead_frame(market)
    old = days_between(leads["arrived_date"], None, market.as_of - dt.timedelta(days=UNTOUCHED_DAYS))
    return _per_user(leads[old & leads["lead_status"].eq(NO_STATUS)], leads, market, "of unknown status")


def check_frozen(market: Market) -> pd.DataFrame:
    """Business users with five or more leads in work whose status has not moved for 30 days."""
    leads = lead_frame(market)
    last = look_up(leads["lead_id"], market.tables.status_events.groupby("lead_id")["changed_at"].max())
    moved = local_day(last).fillna(leads["arrived_date"])
    in_work = leads["outcome"].isin([OUTCOME_UNDECIDED, OUTCOME_UNREACHABLE])
    in_work &= ~leads["lead_status"].isin([*UNTOUCHED_STATUSES, *market.params.deal_statuses])
    frozen = leads[in_work & days_between(moved, None, market.as_of - dt.timedelta(days=FROZEN_DAYS))]
    return _per_user(frozen, leads, market, f"in work without a change for {FROZEN_DAYS} days")


def _per_user(concerned: pd.DataFrame, leads: pd.DataFrame, market: Market, what: str) -> pd.DataFrame:
    spend = delivery_frame(market).groupby("user_id")["spend"].sum()
    own = leads.groupby("user_id").size()
    found = concerned.groupby("user_id").agg(
        first_day=("arrived_date", "min"), last_day=("arrived_date", "max"), n=("lead_id", "size")
    )
    found = found[found["n"] >= MINIMUM_LEADS]
    own = own.reindex(found.index)
    cost = spend.reindex(found.index).fillna(0.0) / own
    count, of = (numbers.map(format_count).astype("str") for numbers in (found["n"], own))
    return found.assign(
        series="user " + found.index.astype("str"),
        money_at_risk=found["n"] * cost,
        detail=count + " of " + of + f" leads {what}",
    )


def check_batches(market: Market) -> pd.DataFrame:
    """Business users who enter half or more of at least ten dated verdicts in batches. No money is at risk."""
    verdicts = dated_verdicts(market)
    verdicts = verdicts.assign(day=local_day(verdicts["changed_at"]))
    users = verdicts.groupby("user_id").agg(
        first_day=("day", "min"), last_day=("day", "max"), n=("is_batch", "sum"), dated=("is_batch", "size")
    )
    share = users["n"] / users["dated"]
    users = users[(users["dated"] >= MINIMUM_VERDICTS) & (share >= BATCH_SHARE)]
    if users.empty:
        return pd.DataFrame()
    percent, dated = share[users.index].map(format_percent), users["dated"].map(format_count)
    return users.assign(
        series="user " + users.index.astype("str"),
        money_at_risk=0.0,
        detail=percent + " of " + dated + " dated verdicts in batches",
    )
