"""KPI cards, weekly trends, the headline, and what another lead definition would change."""

import datetime as dt

import numpy as np
import pandas as pd

from leadsmart.formats import (
    format_count,
    format_date,
    format_interval,
    format_money,
    format_percent,
)
from leadsmart.insights.answers import Answer
from leadsmart.insights.journey.durations import first_contacts, reached_by
from leadsmart.insights.kpi.changes import RATIOS, comparison_note, kpi_changes, total_measures
from leadsmart.insights.kpi.definitions import definition_sensitivity
from leadsmart.insights.kpi.dependence import leave_one_user_out
from leadsmart.insights.kpi.measures import (
    add_rates,
    aggregate_kpis,
    delivery_frame,
    lead_frame,
    lead_outcomes,
    sum_measures,
)
from leadsmart.insights.methods.intervals import WIDEST_RANGE
from leadsmart.insights.methods.statistics import rate_interval, ratio_interval
from leadsmart.market import Market
from leadsmart.market_tables import local_day
from leadsmart.params import Params
from leadsmart.suppression import hide_few
from leadsmart.vocabulary import LABELS, UNIT_MONEY, UNIT_SHARE

__all__ = [
    "aggregate_kpis",
    "comparison_note",
    "definition_sensitivity",
    "headline",
    "kpi_cards",
    "lead_outcomes",
    "leave_one_user_out",
    "weekly_kpis",
]

FIRST_CONTACT = "contacted_within_day"
CARD_LABELS = {**LABELS, FIRST_CONTACT: ("Contacted within a day", UNIT_SHARE)}

#: Reach does not add up over days and ad sets.
NOTES = {
    "reach": "added up over days and ad sets, so that people count again",
    "frequency": "per summed reach, hence lower than in truth",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CARD_KEYS = (
    "spend", "impressions", "reach", "frequency", "clicks", "ctr", "cpc", "cpm", "leads", "lead_rate", "cpl",
    "verdict_coverage", "qualified_rate", "qualified", "cpql", "deals", FIRST_CONTACT,
)  # fmt: skip
FIRST_CARDS = {
    "volume": ("leads", "spend", "cpl", "clicks", "impressions", "qualified"),
    "quality": ("qualified_rate", "verdict_coverage", "qualified", "cpql", "leads", "spend"),
    "cost": ("cpql", "cpl", "spend", "cpc", "cpm", "leads"),
    "speed": (FIRST_CONTACT, "verdict_coverage", "leads", "qualified_rate", "spend", "cpl"),
}
TARGETS = {"cpl": "target_cpl", "cpql": "target_cpql"}


def kpi_cards(market: Market) -> pd.DataFrame:
    """One card per KPI: the value over the period, its range, and its change over the last 28 days.

    Delivery and leads compare the 28 days up to `as_of` with the 28 before. Outcomes compare leads at equal
    age: those that arrived in the 28 days that ended 14 days before `as_of` with the 28 before, counting
    verdicts dated within 14 days of arrival.

    Parameters
    ----------
    market : Market
        Already cut to the period (`Market.within_period`).

    Returns
    -------
    DataFrame
        One row per KPI, those of ``kpi_priority`` first: ``key, label, value, unit, low, high`` (95 %, business
        users resampled), ``range_label`` ("95 % range", "indicative range" or empty), ``n`` (a rate's denominator),
        ``delta`` (relative), ``delta_basis, target, target_verdict`` (above, below, on, can't be told, or –), ``note``
        (both sides of the change, or why there is none), ``sparkline`` (list of values of
        whole weeks).
    """
    delivery, leads = delivery_frame(market), lead_frame(market)
    everything = add_rates(total_measures(delivery, leads)).iloc[0]
    per_user = sum_measures(delivery, leads, ["user_id"])
    weekly = pd.DataFrame()
    if len(delivery) + len(leads):
        weekly = whole_weeks(weekly_kpis(market), market.as_of).set_index("week")
    deltas = kpi_changes(delivery, leads, market.tables.status_events, market.params, market.as_of)
    contacts = first_contacts(market)
    rows = []
    for key in _card_order(market.params):
        label, unit = CARD_LABELS[key]
        row = {"key": key, "label": label, "value": np.nan, "unit": unit, "low": np.nan, "high": np.nan}
        if key == FIRST_CONTACT:
            within = reached_by(contacts["days"], contacts["is_contacted"], (1,))[0]
            row |= {"value": within, "n": float(len(contacts)), "note": "of leads with a history"}
        else:
            row |= {
                "value": everything[key],
                **_range(key, per_user, everything, market.params),
                **deltas[key],
            }
            if unit == UNIT_MONEY and row["low"] > 0 and row["high"] / row["low"] > WIDEST_RANGE:
                row |= {
                    "low": np.nan,
                    "high": np.nan,
                    "range_label": "",
                    "note": f"range too wide to show; {row['note']}",
                }
        row["note"] = "; ".join(x for x in (NOTES.get(key, ""), row["note"]) if x)
        target = getattr(market.params, TARGETS[key]) if key in TARGETS else None
        row |= {"target": np.nan if target is None else target}
        row |= {"target_verdict": _target_verdict(row, target)}
        row |= {"sparkline": weekly[key].tolist() if key in weekly else []}
        rows.append(row)
    columns = [
        "key",
        "label",
        "value",
        "unit",
        "low",
        "high",
        "range_label",
        "n",
        "delta",
        "delta_basis",
        "target",
    ]
    cards = pd.DataFrame(rows, columns=[*columns, "target_verdict", "note", "sparkline"])
    return cards.fillna({"note": "", "delta_basis": "", "range_label": ""})


def _card_order(params: Params) -> list[str]:
    return list(dict.fromkeys([*FIRST_CARDS[params.kpi_priority], *CARD_KEYS]))


def _range(key: str, per_user: pd.DataFrame, everything: pd.Series, params: Params) -> dict[str, object]:
    if key not in RATIOS:
        return {"n": np.nan}
    over, under = RATIOS[key]
    factor = 1000 if key == "cpm" else 1
    shares = key in ("ctr", "verdict_coverage", "qualified_rate")
    measure = rate_interval if shares else ratio_interval
    interval = measure(per_user[over], per_user[under], minimum_clusters=params.minimum_users)
    row = {"n": everything[under], "low": factor * interval.low, "high": factor * interval.high}
    return row | {"range_label": interval.label}


def _target_verdict(row: dict[str, object], target: float | None) -> str:
    value = row["value"]
    if target is None or not np.isfinite(value):
        return "–"
    if row["low"] < target < row["high"]:
        return "can't be told"
    if abs(value / target - 1) < 0.005:
        return "on"
    return "above" if value > target else "below"


def weekly_kpis(market: Market) -> pd.DataFrame:
    """KPIs per week (Monday), weeks without delivery or leads included.

    Returns
    -------
    DataFrame
        One row per week: ``week`` (day) and the columns of `aggregate_kpis`.
    """
    weekly = aggregate_kpis(market, ["week"]).set_index("week")
    if weekly.empty:
        return weekly.reset_index()
    weeks = pd.date_range(weekly.index.min(), weekly.index.max(), freq="7D", name="week")
    counts = list(sum_measures(delivery_frame(market), lead_frame(market), ["week"]))
    weekly = weekly.reindex(weeks)
    weekly = weekly.fillna({**dict.fromkeys(counts, 0.0), "users": 0})
    # leads of a week without delivery were not free: they answer ads of earlier weeks
    costs = ["cpl", "cpql"]
    weekly[costs] = weekly[costs].where(weekly["spend"] > 0)
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
    """
    whole = whole_weeks(weekly, as_of)
    if whole.empty or not whole["leads"].any():
        return "No whole week has leads yet"
    best, last = whole.loc[whole["leads"].idxmax()], whole.iloc[-1]

    def shown(week: pd.Series) -> str:
        leads = format_count(week["leads"]) + (" lead" if week["leads"] == 1 else " leads")
        price = f", {format_money(week['cpl'], params.currency)} each" if np.isfinite(week["cpl"]) else ""
        return f"{leads}{price}"

    first = f"Most leads came in the week from {format_date(best['week'])}: {shown(best)}"
    if best["week"] == last["week"]:
        return f"{first}; it is the last whole week"
    return f"{first}; in the last whole week, from {format_date(last['week'])}, {shown(last)}"


def arrivals_by_hour(market: Market) -> Answer:
    """When leads arrive, in the market's local time.

    Returns
    -------
    Answer
        Table: one row per weekday and hour with leads, Monday first: ``weekday`` (name), ``hour`` (0 to 23),
        ``leads`` (count; missing where it is hidden), ``suppressed`` (why it is hidden, or "").
    """
    leads = lead_frame(market)
    table = leads.groupby(["weekday", "hour"]).size().rename("leads").reset_index()
    table["weekday"] = table["weekday"].map(dict(enumerate(WEEKDAYS)))
    if table.empty:
        return Answer(table.assign(suppressed=""), "There are no leads.")
    by_day = table.groupby("weekday", sort=False)["leads"].sum()
    by_hour = table.groupby("hour")["leads"].sum()
    table = hide_few(table, "leads", [], market.params.minimum_people, within=[(), ("weekday",), ("hour",)])
    if by_hour.max() < market.params.minimum_people:
        return Answer(table, "There are too few leads to say when they arrive.")
    share = by_hour.max() / by_hour.sum()
    statement = (
        f"Most leads arrive on {by_day.idxmax()} ({format_percent(by_day.max() / by_day.sum())}), and in the hour from "
        f"{by_hour.idxmax():02d}:00 ({format_percent(share)})."
    )
    return Answer(table, statement)


def headline(market: Market) -> str:
    """The generated sentences that open a market's page: volume and cost, then verdicts and quality."""
    days = pd.concat(
        [market.tables.ad_performance["delivery_date"], local_day(market.tables.leads["arrived_at"])]
    ).dropna()
    if days.empty:
        return f"{market.params.title} has neither delivery nor leads up to {format_date(market.as_of)}."
    total = aggregate_kpis(market).iloc[0]
    first = f"Between {format_date(days.min())} and {format_date(days.max())} {market.params.title} spent"
    first = f"{first} {format_money(total['spend'], market.params.currency)} and brought {format_count(total['leads'])} leads"
    first += f", {format_money(total['cpl'], market.params.currency)} each." if total["leads"] else "."
    if total["leads"] == 0:
        return first
    if total["verdicts"] == 0:
        return f"{first} Sales have given no verdict yet, so nothing can be said on quality."
    low, high, label = (total[f"qualified_rate_{end}"] for end in ("low", "high", "range"))
    rate = format_interval(total["qualified_rate"], low, high, "share", label=label)
    second = (
        f"Sales have given a verdict on {format_percent(total['verdict_coverage'])} of them. Of those, {rate}"
    )
    second += " are qualified; were all known, it would lie between"
    second += f" {_bounds(total['qualified_bound_low'], total['qualified_bound_high'])}."
    return f"{first} {second}"


def _bounds(low: float, high: float) -> str:
    return f"{format_percent(low)} and {format_percent(high)}"
