"""A customer's KPIs beside those of the other business users of the market, who appear only together."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats.mstats import hdquantiles

from leadsmart.formats import format_count, format_interval, format_value
from leadsmart.insights.kpi.measures import add_rates, delivery_frame, lead_frame, sum_measures
from leadsmart.insights.pages.cards import RATIOS
from leadsmart.market import Market
from leadsmart.market_tables import MarketTables
from leadsmart.vocabulary import LABELS, UNIT_MONEY

COMPARED: Final = ("ctr", "cpc", "cpl", "qualified_rate")
#: Other business users below which nothing is said of them, whatever the parameters.
FEWEST_OTHERS: Final = 5
#: Of at least so many, quartiles are said too: no user then weighs more than 29 % in any of the three.
FEWEST_FOR_QUARTILES: Final = 10
NOT_ENOUGH: Final = "not enough users to compare with"


@dataclass(frozen=True)
class Benchmarks:
    """A customer beside the others.

    Attributes
    ----------
    records : list of dict
        One per KPI: ``kpi, label, own, own_shown, users`` (others that count; missing below five), ``low, median,
        high`` (quartiles and median of the others; missing where there are too few), ``others_shown``. Empty in an
        internal report.
    tables : dict
        The same as a table by name, to be downloaded.
    """

    records: list[dict[str, Any]]
    tables: dict[str, pd.DataFrame]


def compare_with_others(market: Market, others: MarketTables | None) -> Benchmarks:
    """CTR, CPC, CPL and qualified rate of a customer, beside the median of the market's other business users.

    Each other user counts once, however large, if its rate has at least ``minimum_people`` in the denominator. Median
    and quartiles are Harrell and Davis's (1982, Biometrika 69:635): weighted means over all users, so that no single
    user's figure is shown, at two significant digits. The customer's own users are not among the others: with their
    own figures nobody can subtract themselves and find a group of fewer than five.

    Parameters
    ----------
    market : Market
        The customer's, already cut to the period.
    others : MarketTables or None
        Everybody else's of the market; None in an internal report.
    """
    if others is None:
        return Benchmarks([], {})
    params = market.params
    mine = _rates(market, [])
    theirs = _rates(Market(others, params).within_period(), ["user_id"])
    records = []
    for kpi in COMPARED:
        label, unit = LABELS[kpi]
        value = float(mine[kpi].iloc[0]) if len(mine) else np.nan
        counts = theirs.loc[theirs[RATIOS[kpi][1]] >= params.minimum_people, kpi].dropna()
        if unit == UNIT_MONEY:
            # who spent nothing does not say what it costs
            counts = counts[counts > 0]
        low, median, high = summarise_others(counts, is_money=unit == UNIT_MONEY)
        records.append(
            {
                "kpi": kpi,
                "label": label,
                "own": value,
                "own_shown": format_value(value, unit, params.currency),
                "users": float(len(counts)) if len(counts) >= FEWEST_OTHERS else np.nan,
                "low": low,
                "median": median,
                "high": high,
                "others_shown": format_interval(median, low, high, unit, params.currency)
                + f", {format_count(len(counts))} others"
                if np.isfinite(median)
                else NOT_ENOUGH,
            }
        )
    return Benchmarks(records, {"benchmarks": pd.DataFrame(records)})


def summarise_others(values: pd.Series, is_money: bool) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile, as far as enough users carry them.

    Money is averaged on the log scale, on which one absurd amount weighs no more than its rank deserves.

    >>> summarise_others(pd.Series([1.0, 2.0, 3.0, 4.0]), is_money=True)
    (nan, nan, nan)
    >>> summarise_others(pd.Series([1.0, 2.0, 3.0, 4.0, 5.0]), is_money=False)
    (nan, 3.0, nan)
    """
    if len(values) < FEWEST_OTHERS:
        return np.nan, np.nan, np.nan
    quantiles = hdquantiles(np.log(values) if is_money else values, prob=[0.25, 0.5, 0.75])
    low, median, high = (float(f"{q:.2g}") for q in (np.exp(quantiles) if is_money else quantiles))
    return (low, median, high) if len(values) >= FEWEST_FOR_QUARTILES else (np.nan, median, np.nan)


def _rates(market: Market, by: list[str]) -> pd.DataFrame:
    delivery, leads = delivery_frame(market).assign(_all=0), lead_frame(market).assign(_all=0)
    return add_rates(sum_measures(delivery, leads, by or ["_all"]))
