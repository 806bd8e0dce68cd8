"""A customer's KPIs beside those of the other business users of the market, who appear only together."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats.mstats import hdquantiles

from leadsmart.catalogue.kpis import Place, kpis_in
from leadsmart.formats import format_count, format_interval, format_value
from leadsmart.insights.kpi.measures import (
    add_ratios,
    aggregate_kpis,
    delivery_frame,
    lead_frame,
    sum_measures,
)
from leadsmart.market import Market
from leadsmart.market_tables import MarketTables
from leadsmart.vocabulary import UNIT_MONEY

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
    """The KPIs of `Place.BENCHMARKS` of a customer, beside the median of the market's other business users.

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

    Returns
    -------
    Benchmarks
    """
    if others is None:
        return Benchmarks([], {})
    params = market.params
    mine = aggregate_kpis(market).iloc[0]
    rest = Market(others, params).within_period()
    theirs = add_ratios(sum_measures(delivery_frame(rest), lead_frame(rest), ["user_id"]))
    records = []
    for kpi in kpis_in(Place.BENCHMARKS):
        value = float(mine[kpi.name])
        counts = theirs.loc[theirs[kpi.denominator] >= params.minimum_people, kpi.name].dropna()
        is_money = kpi.unit == UNIT_MONEY
        if is_money:
            # who spent nothing does not say what it costs
            counts = counts[counts > 0]
        low, median, high = summarise_others(counts, is_money=is_money)
        records.append(
            {
                "kpi": kpi.name,
                "label": kpi.label,
                "own": value,
                "own_shown": format_value(value, kpi.unit, params.currency),
                "users": float(len(counts)) if len(counts) >= FEWEST_OTHERS else np.nan,
                "low": low,
                "median": median,
                "high": high,
                "others_shown": format_interval(median, low, high, kpi.unit, params.currency)
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
