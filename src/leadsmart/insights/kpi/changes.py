"""How each KPI changed: the last 28 days against the 28 before, outcomes between leads of equal age."""

import datetime as dt

import numpy as np
import pandas as pd

from leadsmart.formats import format_count, format_date, format_percent, format_value
from leadsmart.insights.kpi.measures import add_rates, lead_outcomes, sum_measures
from leadsmart.market import Market
from leadsmart.market_tables import days_between, local_day, look_up
from leadsmart.params import Params
from leadsmart.vocabulary import LABELS, UNIT_COUNT, UNIT_MONEY

COMPARISON_DAYS = 28
#: Leads need this long for a verdict before their outcomes are compared.
MATURITY_DAYS = 14
OUTCOME_KEYS = ("verdicts", "qualified", "deals", "verdict_coverage", "qualified_rate", "cpql")
#: Denominator and numerator of each rate, the former being the card's n.
RATIOS = {
    "frequency": ("impressions", "reach"),
    "ctr": ("clicks", "impressions"),
    "cpc": ("spend", "clicks"),
    "cpm": ("spend", "impressions"),
    "lead_rate": ("leads", "clicks"),
    "cpl": ("spend", "leads"),
    "verdict_coverage": ("verdicts", "leads"),
    "qualified_rate": ("qualified", "verdicts"),
    "cpql": ("spend", "qualified"),
}
#: Once so much of the spend is behind, later days say little about the market.
MOST_SPEND = 0.95


def kpi_changes(
    delivery: pd.DataFrame, leads: pd.DataFrame, events: pd.DataFrame, params: Params, as_of: dt.date
) -> dict[str, dict[str, object]]:
    """The change of each KPI, what it is measured against, and what both sides rest on.

    Parameters
    ----------
    delivery, leads : DataFrame
        Of `measures.delivery_frame` and `measures.lead_frame`.
    events : DataFrame
        Status events of the leads.

    Returns
    -------
    dict
        KPI -> ``delta`` (relative; NaN if it can't be told), ``delta_basis`` and ``note``: the values of both sides
        for sums, their n for rates, or why there is nothing to compare.
    """
    basis = f"the {COMPARISON_DAYS} days before"
    sides = [_window(delivery, leads, as_of, shift) for shift in (0, COMPARISON_DAYS)]
    now, before = (_rates(*side) for side in sides)
    quiet = _quiet(delivery["delivery_date"], leads["arrived_date"], as_of)
    result = {}
    for key in (key for key in LABELS if key in now):
        result[key] = _change(key, now, before, basis, quiet["leads" if key == "leads" else "spend"], params)
    aged = _at_equal_age(leads, events, params)
    sides = [_window(delivery, aged, as_of, MATURITY_DAYS + shift) for shift in (0, COMPARISON_DAYS)]
    now, before = (_rates(*side) for side in sides)
    basis = f"{basis}, verdicts within {MATURITY_DAYS} days of arrival"
    young = leads["arrived_date"] > pd.Timestamp(as_of - dt.timedelta(days=MATURITY_DAYS))
    why = "change not yet mature" if young.any() else quiet["leads"]
    for key in OUTCOME_KEYS:
        result[key] = _change(key, now, before, basis, why, params)
        if min(now["leads"], before["leads"]) == 0:
            result[key] |= {
                "delta": np.nan,
                "note": why if now["leads"] == 0 else "no lead in the weeks before",
            }
    return result


def _change(
    key: str, now: pd.Series, before: pd.Series, basis: str, quiet: str, params: Params
) -> dict[str, object]:
    known = before[key] > 0 and np.isfinite(now[key])
    under = RATIOS[key][1] if key in RATIOS else key
    if now[under] == before[under] == 0:
        note = quiet
    elif key in RATIOS:
        note = f"n {format_count(now[under])} now, {format_count(before[under])} before"
    else:
        unit = UNIT_MONEY if LABELS[key][1] == UNIT_MONEY else UNIT_COUNT
        told = [format_value(side[key], unit, params.currency) for side in (now, before)]
        note = f"{told[0]} now, {told[1]} before"
    return {"delta": now[key] / before[key] - 1 if known else np.nan, "delta_basis": basis, "note": note}


def _quiet(delivered: pd.Series, arrived: pd.Series, as_of: dt.date) -> dict[str, str]:
    """Why there is nothing to compare: since when nothing was delivered, and no lead came."""
    texts = {}
    for key, days, what in (("spend", delivered, "delivery"), ("leads", arrived, "lead")):
        last = days[days <= pd.Timestamp(as_of)].max()
        texts[key] = f"no {what} yet" if pd.isna(last) else f"no {what} since {format_date(last)}"
    return texts


def _rates(delivery: pd.DataFrame, leads: pd.DataFrame) -> pd.Series:
    return add_rates(total_measures(delivery, leads)).iloc[0]


def total_measures(delivery: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    """One row with the sums of `measures.delivery_frame` and `measures.lead_frame`; zeros of nothing."""
    sums = sum_measures(delivery.assign(_all=0), leads.assign(_all=0), ["_all"])
    return sums if len(sums) else sums.reindex([0]).fillna(0.0)


def _window(
    delivery: pd.DataFrame, leads: pd.DataFrame, as_of: dt.date, shift: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    last = as_of - dt.timedelta(days=shift)
    first = last - dt.timedelta(days=COMPARISON_DAYS - 1)
    return (
        delivery[days_between(delivery["delivery_date"], first, last)],
        leads[days_between(leads["arrived_date"], first, last)],
    )


def _at_equal_age(leads: pd.DataFrame, events: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Leads with the outcome they had `MATURITY_DAYS` after arrival, by their dated events."""
    arrived = leads.set_index("lead_id")["arrived_at"]
    age = events["changed_at"] - look_up(events["lead_id"], arrived)
    in_time = events[age <= pd.Timedelta(days=MATURITY_DAYS)].sort_values("changed_at", kind="stable")
    status = look_up(leads["lead_id"], in_time.groupby("lead_id")["status"].last()).fillna("NEW_LEAD")
    aged = leads.assign(lead_status=status)
    outcome = lead_outcomes(aged, params)
    return aged.assign(
        is_qualified=outcome == "qualified",
        is_verdict=outcome.isin(["qualified", "disqualified"]),
        is_deal=status.isin(params.deal_statuses),
    )


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
