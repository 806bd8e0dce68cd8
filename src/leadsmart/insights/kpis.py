"""KPI cards, weekly trends, the headline, and what another lead definition would change."""

import datetime as dt

import numpy as np
import pandas as pd

from leadsmart.display.formats import (
    format_count,
    format_date,
    format_interval,
    format_money,
    format_percent,
)
from leadsmart.insights.answers import Answer
from leadsmart.insights.definitions import definition_sensitivity
from leadsmart.insights.durations import first_contacts, reached_by
from leadsmart.insights.measures import (
    add_rates,
    aggregate_kpis,
    days_between,
    delivery_frame,
    lead_frame,
    lead_outcomes,
    local_day,
    look_up,
    select_period,
    sum_measures,
)
from leadsmart.insights.statistics import rate_interval, ratio_interval
from leadsmart.params import Params
from leadsmart.suppression import hide_few
from leadsmart.vocabulary import LABELS, UNIT_MONEY, UNIT_SHARE, MarketTables

__all__ = [
    "aggregate_kpis",
    "definition_sensitivity",
    "headline",
    "kpi_cards",
    "lead_outcomes",
    "select_period",
    "weekly_kpis",
]

COMPARISON_DAYS = 28
#: Leads need this long for a verdict before their outcomes are compared.
MATURITY_DAYS = 14
FIRST_CONTACT = "contacted_within_day"
CARD_LABELS = {**LABELS, FIRST_CONTACT: ("Contacted within a day", UNIT_SHARE)}

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
#: Money whose range ends differ by a larger factor: nothing can be said but that few users carry it.
WIDEST_RANGE = 100
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OUTCOME_KEYS = ("verdicts", "qualified", "deals", "verdict_coverage", "qualified_rate", "cpql")
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


def kpi_cards(tables: MarketTables, params: Params, as_of: dt.date) -> pd.DataFrame:
    """One card per KPI: the value over the period, its range, and its change over the last 28 days.

    Delivery and leads compare the 28 days up to `as_of` with the 28 before. Outcomes compare leads at equal
    age: those that arrived in the 28 days that ended 14 days before `as_of` with the 28 before, counting
    verdicts dated within 14 days of arrival.

    Parameters
    ----------
    tables : MarketTables
        Already cut to the period (`select_period`).

    Returns
    -------
    DataFrame
        One row per KPI, those of ``kpi_priority`` first: ``key, label, value, unit, low, high`` (95 %, business
        users resampled), ``range_label`` ("95 % range", "indicative range" or empty), ``n`` (a rate's denominator),
        ``delta`` (relative), ``delta_basis, target, target_verdict`` (above, below, on, can't be told, or –), ``note,
        sparkline`` (list of weekly values).
    """
    delivery, leads = delivery_frame(tables), lead_frame(tables, params)
    everything = add_rates(_total(delivery, leads)).iloc[0]
    per_user = sum_measures(delivery, leads, ["user_id"])
    weekly = weekly_kpis(tables, params).set_index("week") if len(delivery) + len(leads) else pd.DataFrame()
    deltas = _deltas(delivery, leads, tables.status_events, params, as_of)
    contacts = first_contacts(tables)
    rows = []
    for key in _card_order(params):
        label, unit = CARD_LABELS[key]
        row = {"key": key, "label": label, "value": np.nan, "unit": unit, "low": np.nan, "high": np.nan}
        if key == FIRST_CONTACT:
            within = reached_by(contacts["days"], contacts["is_contacted"], (1,))[0]
            row |= {"value": within, "n": float(len(contacts)), "note": "of leads with a history"}
        else:
            row |= {"value": everything[key], **_range(key, per_user, everything, params), **deltas[key]}
            if unit == UNIT_MONEY and row["low"] > 0 and row["high"] / row["low"] > WIDEST_RANGE:
                row |= {"low": np.nan, "high": np.nan, "range_label": "", "note": "range too wide to show"}
        target = getattr(params, TARGETS[key]) if key in TARGETS else None
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


def _total(delivery: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    sums = sum_measures(delivery.assign(_all=0), leads.assign(_all=0), ["_all"])
    return sums if len(sums) else sums.reindex([0]).fillna(0.0)


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


def _deltas(
    delivery: pd.DataFrame, leads: pd.DataFrame, events: pd.DataFrame, params: Params, as_of: dt.date
) -> dict[str, dict[str, object]]:
    basis = f"the {COMPARISON_DAYS} days before"
    now, before = (
        add_rates(_total(*_window(delivery, leads, as_of, shift))).iloc[0] for shift in (0, COMPARISON_DAYS)
    )
    result = {key: _delta(now[key], before[key], basis) for key in LABELS if key in now}
    aged = _at_equal_age(leads, events, params)
    cohorts = [_window(delivery, aged, as_of, MATURITY_DAYS + shift) for shift in (0, COMPARISON_DAYS)]
    now, before = (add_rates(_total(*cohort)).iloc[0] for cohort in cohorts)
    mature = min(len(cohort[1]) for cohort in cohorts) > 0
    basis = f"{basis}, verdicts within {MATURITY_DAYS} days of arrival"
    for key in OUTCOME_KEYS:
        result[key] = _delta(now[key], before[key], basis)
        if not mature:
            result[key] = {"delta": np.nan, "delta_basis": basis, "note": "change not yet mature"}
    return result


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


def _delta(now: float, before: float, basis: str) -> dict[str, object]:
    known = before > 0 and np.isfinite(now)
    note = "" if known else "nothing to compare with"
    return {"delta": now / before - 1 if known else np.nan, "delta_basis": basis, "note": note}


def weekly_kpis(tables: MarketTables, params: Params) -> pd.DataFrame:
    """KPIs per week (Monday), weeks without delivery or leads included.

    Returns
    -------
    DataFrame
        One row per week: ``week`` (day) and the columns of `aggregate_kpis`.
    """
    weekly = aggregate_kpis(tables, params, ["week"]).set_index("week")
    if weekly.empty:
        return weekly.reset_index()
    weeks = pd.date_range(weekly.index.min(), weekly.index.max(), freq="7D", name="week")
    counts = list(sum_measures(delivery_frame(tables), lead_frame(tables, params), ["week"]))
    weekly = weekly.reindex(weeks)
    return weekly.fillna({**dict.fromkeys(counts, 0.0), "users": 0}).reset_index()


def arrivals_by_hour(tables: MarketTables, params: Params) -> Answer:
    """When leads arrive, in the market's local time.

    Returns
    -------
    Answer
        Table: one row per weekday and hour with leads, Monday first: ``weekday`` (name), ``hour`` (0 to 23),
        ``leads`` (count; missing where it is hidden), ``suppressed`` (why it is hidden, or "").
    """
    leads = lead_frame(tables, params)
    table = leads.groupby(["weekday", "hour"]).size().rename("leads").reset_index()
    table["weekday"] = table["weekday"].map(dict(enumerate(WEEKDAYS)))
    if table.empty:
        return Answer(table.assign(suppressed=""), "There are no leads.")
    by_day = table.groupby("weekday", sort=False)["leads"].sum()
    by_hour = table.groupby("hour")["leads"].sum()
    table = hide_few(table, "leads", [], params.minimum_people, within=[(), ("weekday",), ("hour",)])
    if by_hour.max() < params.minimum_people:
        return Answer(table, "There are too few leads to say when they arrive.")
    share = by_hour.max() / by_hour.sum()
    statement = (
        f"Most leads arrive on {by_day.idxmax()} ({format_percent(by_day.max() / by_day.sum())}), and in the hour from "
        f"{by_hour.idxmax():02d}:00 ({format_percent(share)})."
    )
    return Answer(table, statement)


def headline(tables: MarketTables, params: Params, as_of: dt.date) -> str:
    """The generated sentences that open a market's page: volume and cost, then verdicts and quality."""
    days = pd.concat([tables.ad_performance["delivery_date"], local_day(tables.leads["arrived_at"])]).dropna()
    if days.empty:
        return f"{params.title} has neither delivery nor leads up to {format_date(as_of)}."
    total = aggregate_kpis(tables, params).iloc[0]
    first = f"Between {format_date(days.min())} and {format_date(days.max())} {params.title} spent"
    first = f"{first} {format_money(total['spend'], params.currency)} and brought {format_count(total['leads'])} leads"
    first += f", {format_money(total['cpl'], params.currency)} each." if total["leads"] else "."
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
