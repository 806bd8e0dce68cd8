"""KPIs per week, from Monday, and which weeks are over."""

import datetime as dt

import numpy as np
import pandas as pd

from leadsmart.catalogue.kpis import lead_costs, sums
from leadsmart.formats import format_count, format_date, format_money
from leadsmart.insights.kpi.measures import aggregate_kpis
from leadsmart.market import Market, computed_once
from leadsmart.params import Params


@computed_once
def weekly_kpis(market: Market) -> pd.DataFrame:
    """KPIs per week (Monday), weeks without delivery or leads included.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per week: ``week`` (day) and the columns of `aggregate_kpis`.
    """
    weekly = aggregate_kpis(market, ["week"]).set_index("week")
    if weekly.empty:
        return weekly.reset_index()
    weeks = pd.date_range(weekly.index.min(), weekly.index.max(), freq="7D", name="week")
    weekly = weekly.reindex(weeks).fillna({"users": 0, **{kpi.name: 0.0 for kpi in sums()}})
    weekly[lead_costs()] = weekly[lead_costs()].where(weekly["spend"] > 0)
    return weekly.reset_index()


def week_under_way(as_of: dt.date) -> pd.Timestamp | None:
    """Monday of the week that `as_of` lies in and does not end: what it counts so far looks like a fall.

    >>> week_under_way(dt.date(2024, 12, 31)), week_under_way(dt.date(2024, 12, 29))
    (Timestamp('2024-12-30 00:00:00'), None)
    """
    day = pd.Timestamp(as_of)
    return None if day.weekday() == 6 else day - pd.Timedelta(days=day.weekday())


def whole_weeks(weekly: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """The rows of `weekly_kpis` without the week under way."""
    return weekly[weekly["week"] + pd.Timedelta(days=6) <= pd.Timestamp(as_of)]


def weeks_message(weekly: pd.DataFrame, params: Params, as_of: dt.date) -> str:
    """The message of a picture of `weekly_kpis`: the week with most leads beside the last whole one.

    Parameters
    ----------
    weekly : DataFrame
        See `weekly_kpis`; the week under way is left out.
    params : Params
        With the currency.
    as_of : date

    Returns
    -------
    str
        Without full stop.
    """
    whole = whole_weeks(weekly, as_of)
    if whole.empty or not whole["leads"].any():
        return "No whole week has leads yet"
    best, last = whole.iloc[int(whole["leads"].to_numpy().argmax())], whole.iloc[-1]

    def shown(week: pd.Series) -> str:
        leads = format_count(week["leads"]) + (" lead" if week["leads"] == 1 else " leads")
        price = f", {format_money(week['cpl'], params.currency)} each" if np.isfinite(week["cpl"]) else ""
        return f"{leads}{price}"

    first = f"Most leads came in the week from {format_date(best['week'])}: {shown(best)}"
    if best["week"] == last["week"]:
        return f"{first}; it is the last whole week"
    return f"{first}; in the last whole week, from {format_date(last['week'])}, {shown(last)}"
