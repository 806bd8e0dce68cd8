"""Checks of the follow-up: leads that nobody called or knows of, statuses that no longer move, verdicts in batches.

Each returns its alerts, one row per business user: ``series`` (name), ``first_day, last_day, n`` (leads or verdicts),
``money_at_risk, detail``; other columns are not read.
"""

import datetime as dt

import pandas as pd

from leadsmart.formats import format_count, format_percent
from leadsmart.insights.journey.verdicts import dated_verdicts
from leadsmart.insights.kpi.measures import delivery_frame, lead_frame
from leadsmart.market import Market
from leadsmart.market_tables import days_between, local_day, look_up
from leadsmart.vocabulary import OUTCOME_UNDECIDED, OUTCOME_UNREACHABLE, UNTOUCHED_STATUSES

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
