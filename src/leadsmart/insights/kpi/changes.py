"""How each KPI changed: the last 28 days against the 28 before, outcomes between leads of equal age."""

import datetime as dt
from typing import NamedTuple

import numpy as np
import pandas as pd

from leadsmart.catalogue.kpis import LEADS, Kpi, Place, kpis_in
from leadsmart.formats import format_count, format_date, format_percent, format_value
from leadsmart.insights.kpi.measures import (
    add_outcomes,
    add_ratios,
    delivery_frame,
    lead_frame,
    total_measures,
)
from leadsmart.market import Market
from leadsmart.market_tables import days_between, local_day, look_up

COMPARISON_DAYS = 28
#: Leads need this long for a verdict before their outcomes are compared.
MATURITY_DAYS = 14
#: Once so much of the spend is behind, later days say little about the market.
MOST_SPEND = 0.95


class Change(NamedTuple):
    """The change of one KPI.

    Attributes
    ----------
    delta : float
        Relative; NaN if it can't be told.
    delta_basis : str
        What it is measured against.
    note : str
        The values of both sides for sums, their n for ratios, or why there is nothing to compare.
    """

    delta: float
    delta_basis: str
    note: str


def kpi_changes(market: Market) -> dict[str, Change]:
    """The change of each KPI that cards show.

    Those that need no time compare the 28 days up to `as_of` with the 28 before; the others the leads of windows that
    end 14 days earlier, counting only what was dated within 14 days of arrival.

    Parameters
    ----------
    market : Market

    Returns
    -------
    dict
        KPI -> `Change`; those that are no sums and no ratios are left out.
    """
    result = {}
    for matures, leads in ((False, lead_frame(market)), (True, _at_equal_age(market))):
        shift = MATURITY_DAYS if matures else 0
        now, before = (_figures_until(market, leads, shift + back) for back in (0, COMPARISON_DAYS))
        for kpi in kpis_in(Place.CARDS):
            if kpi.matures == matures and kpi.name in now:
                result[kpi.name] = _change(kpi, now, before, market)
    return result


def _change(kpi: Kpi, now: pd.Series, before: pd.Series, market: Market) -> Change:
    basis = f"the {COMPARISON_DAYS} days before"
    if kpi.matures:
        basis += f", verdicts within {MATURITY_DAYS} days of arrival"
        if not now["leads"]:
            return Change(np.nan, basis, _why_nothing(kpi, market))
        if not before["leads"]:
            return Change(np.nan, basis, "no lead in the weeks before")
    under = kpi.denominator or kpi.name
    if now[under] == before[under] == 0:
        note = _why_nothing(kpi, market)
    elif kpi.denominator:
        note = f"n {format_count(now[under])} now, {format_count(before[under])} before"
    else:
        shown = [format_value(side[kpi.name], kpi.unit, market.params.currency) for side in (now, before)]
        note = f"{shown[0]} now, {shown[1]} before"
    known = before[kpi.name] > 0 and np.isfinite(now[kpi.name])
    return Change(float(now[kpi.name] / before[kpi.name] - 1) if known else np.nan, basis, note)


def _why_nothing(kpi: Kpi, market: Market) -> str:
    """Why there is nothing to compare: leads are too young, or since when nothing was delivered or no lead came."""
    what, days = "delivery", delivery_frame(market)["delivery_date"]
    if kpi.matures or kpi.rows == LEADS:
        what, days = "lead", lead_frame(market)["arrived_date"]
    today = pd.Timestamp(market.as_of)
    if kpi.matures and (days > today - pd.Timedelta(days=MATURITY_DAYS)).any():
        return "change not yet mature"
    last = days[days <= today].max()
    return f"no {what} yet" if pd.isna(last) else f"no {what} since {format_date(last)}"


def _figures_until(market: Market, leads: pd.DataFrame, days_ago: int) -> pd.Series:
    """Sums and ratios of the 28 days that ended some days before `as_of`."""
    last = market.as_of - dt.timedelta(days=days_ago)
    first = last - dt.timedelta(days=COMPARISON_DAYS - 1)
    delivery = delivery_frame(market)
    delivery = delivery[days_between(delivery["delivery_date"], first, last)]
    leads = leads[days_between(leads["arrived_date"], first, last)]
    return add_ratios(total_measures(delivery, leads)).iloc[0]


def _at_equal_age(market: Market) -> pd.DataFrame:
    """Leads with the outcome they had `MATURITY_DAYS` after arrival, by their dated events."""
    leads, events = lead_frame(market), market.tables.status_events
    arrived = leads.set_index("lead_id")["arrived_at"]
    age = events["changed_at"] - look_up(events["lead_id"], arrived)
    in_time = events[age <= pd.Timedelta(days=MATURITY_DAYS)].sort_values("changed_at", kind="stable")
    status = look_up(leads["lead_id"], in_time.groupby("lead_id")["status"].last()).fillna("NEW_LEAD")
    return add_outcomes(leads.assign(lead_status=status), market.params)


def comparison_note(market: Market) -> str:
    """What the changes on the cards compare, and which day to speak from if little was delivered of late."""
    text = (
        f"Changes compare the {COMPARISON_DAYS} days up to {format_date(market.as_of)} with the {COMPARISON_DAYS} before; lead"
        f" outcomes compare leads that had {MATURITY_DAYS} days for a verdict."
    )
    delivery = market.tables.ad_performance
    days = pd.concat([delivery["delivery_date"], local_day(market.tables.leads["arrived_at"])]).dropna()
    spend = delivery.groupby("delivery_date")["spend"].sum().sort_index()
    if days.empty or not spend.sum() > 0:
        return text
    busy = spend.index[int((spend.cumsum() >= MOST_SPEND * spend.sum()).to_numpy().argmax())]
    if busy > pd.Timestamp(market.as_of - dt.timedelta(days=COMPARISON_DAYS)):
        return text
    return (
        f"{text} Little was delivered of late: {format_percent(MOST_SPEND)} of the spend lies before"
        f" {format_date(busy + pd.Timedelta(days=1))}. To compare weeks with delivery, ask for a report as of"
        f" {format_date(busy)}."
    )
