"""The generated sentences that open a market's page."""

import pandas as pd

from leadsmart.formats import format_count, format_date, format_interval, format_money, format_percent
from leadsmart.insights.kpi.measures import aggregate_kpis
from leadsmart.market import Market
from leadsmart.market_tables import local_day
from leadsmart.vocabulary import UNIT_SHARE


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
