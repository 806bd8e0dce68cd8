"""What opens a market's page: KPI cards with value, range, change and target, and the headline in sentences."""

from typing import Any

import numpy as np
import pandas as pd

from leadsmart.catalogue.kpis import LEADING_CARDS, LOGIT, Kpi, Place, kpis_in
from leadsmart.formats import format_count, format_date, format_interval, format_money, format_percent
from leadsmart.insights.journey.durations import first_contacts, reached_by
from leadsmart.insights.kpi.changes import kpi_changes
from leadsmart.insights.kpi.measures import aggregate_kpis, delivery_frame, lead_frame, sum_measures
from leadsmart.insights.kpi.weekly import weekly_kpis, whole_weeks
from leadsmart.insights.methods.intervals import WIDEST_RANGE
from leadsmart.insights.methods.statistics import rate_interval, ratio_interval
from leadsmart.market import Market
from leadsmart.market_tables import local_day
from leadsmart.vocabulary import UNIT_MONEY, UNIT_SHARE

COLUMNS = (
    "key", "label", "value", "unit", "low", "high", "range_label", "n", "delta", "delta_basis", "target",
    "target_verdict", "note", "sparkline",
)  # fmt: skip
#: A value this near to its target is on it.
ON_TARGET = 0.005


def kpi_cards(market: Market) -> pd.DataFrame:
    """One card per KPI: the value over the period, its range, and its change over the last 28 days.

    Parameters
    ----------
    market : Market
        Already cut to the period (`Market.within_period`).

    Returns
    -------
    DataFrame
        One row per KPI, those of ``kpi_priority`` first: ``key, label, value, unit, low, high`` (95 %, leaving out
        one business user at a time), ``range_label`` ("95 % range", "indicative range" or empty), ``n`` (a ratio's
        denominator), ``delta`` (relative), ``delta_basis, target, target_verdict`` (above, below, on, can't be told,
        or –), ``note`` (both sides of the change, or why there is none; see `changes.kpi_changes`), ``sparkline``
        (list of values of whole weeks).
    """
    params, everything = market.params, aggregate_kpis(market).iloc[0]
    per_user = sum_measures(delivery_frame(market), lead_frame(market), ["user_id"])
    weekly, deltas = whole_weeks(weekly_kpis(market), market.as_of), kpi_changes(market)
    rows = []
    for kpi in kpis_in(Place.CARDS, LEADING_CARDS[params.kpi_priority]):
        row: dict[str, Any] = {"key": kpi.name, "label": kpi.label, "unit": kpi.unit, "note": ""}
        row |= {"low": np.nan, "high": np.nan}
        if kpi.name in everything:
            row |= {"value": everything[kpi.name], **deltas[kpi.name]._asdict()}
            row |= {"sparkline": weekly[kpi.name].tolist()}
        else:
            row |= {**_contacted_within_day(market), "sparkline": []}
        if kpi.denominator:
            row |= {"n": everything[kpi.denominator], **_range(kpi, per_user, params.minimum_users)}
        if kpi.unit == UNIT_MONEY and row["low"] > 0 and row["high"] / row["low"] > WIDEST_RANGE:
            row |= {"low": np.nan, "high": np.nan, "range_label": ""}
            row |= {"note": f"range too wide to show; {row['note']}"}
        row["note"] = "; ".join(filter(None, (kpi.note, row["note"])))
        row["target"] = params.targets.get(kpi.name)
        rows.append({**row, "target_verdict": _target_verdict(row)})
    cards = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"target": float})
    return cards.fillna({"note": "", "delta_basis": "", "range_label": ""})


def _contacted_within_day(market: Market) -> dict[str, float]:
    contacts = first_contacts(market)
    within = reached_by(contacts["days"], contacts["is_contacted"], (1,))[0]
    return {"value": within, "n": float(len(contacts))}


def _range(kpi: Kpi, per_user: pd.DataFrame, minimum_users: int) -> dict[str, float | str]:
    over, under = kpi.parts(per_user)
    measure = rate_interval if kpi.scale == LOGIT else ratio_interval
    interval = measure(over, under, minimum_clusters=minimum_users)
    return {"low": interval.low, "high": interval.high, "range_label": interval.label}


def _target_verdict(card: dict[str, Any]) -> str:
    value, target = card["value"], card["target"]
    if target is None or not np.isfinite(value):
        return "–"
    if card["low"] < target < card["high"]:
        return "can't be told"
    if abs(value / target - 1) < ON_TARGET:
        return "on"
    return "above" if value > target else "below"


def headline(market: Market) -> str:
    """Volume and cost, then verdicts and quality."""
    delivery, leads, title = market.tables.ad_performance, market.tables.leads, market.params.title
    days = pd.concat([delivery["delivery_date"], local_day(leads["arrived_at"])]).dropna()
    if days.empty:
        return f"{title} has neither delivery nor leads up to {format_date(market.as_of)}."
    total = aggregate_kpis(market).iloc[0]
    spend, cpl = (format_money(total[kpi], market.params.currency) for kpi in ("spend", "cpl"))
    first = (
        f"Between {format_date(days.min())} and {format_date(days.max())} {title} spent {spend} and brought"
    )
    first += f" {format_count(total['leads'])} leads" + (f", {cpl} each." if total["leads"] else ".")
    if total["leads"] == 0:
        return first
    if total["verdicts"] == 0:
        return f"{first} Sales have given no verdict yet, so nothing can be said on quality."
    low, high, label = (total[f"qualified_rate_{end}"] for end in ("low", "high", "range"))
    rate = format_interval(total["qualified_rate"], low, high, UNIT_SHARE, label=label)
    bounds = (format_percent(total[f"qualified_bound_{end}"]) for end in ("low", "high"))
    return (
        f"{first} Sales have given a verdict on {format_percent(total['verdict_coverage'])} of them. Of those, {rate}"
        f" are qualified; were all known, it would lie between {' and '.join(bounds)}."
    )
