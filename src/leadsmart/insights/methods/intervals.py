"""Intervals of the rates of many groups at once: over business users, or of chance alone within one user."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from leadsmart.catalogue.kpis import Place, kpis_in
from leadsmart.insights.methods.statistics import LEVEL, MINIMUM_DECIDING_USERS, SCALES, wilson_interval
from leadsmart.vocabulary import RANGE_95, RANGE_INDICATIVE

#: Money whose range ends differ by a larger factor: nothing can be said but that few users carry it.
WIDEST_RANGE = 100


def rate_intervals(
    sums: pd.DataFrame, per_user: pd.DataFrame | None, by: Sequence[str], minimum_users: int
) -> pd.DataFrame:
    """Intervals of every ratio that tables by group show with its range.

    Parameters
    ----------
    sums : DataFrame
        Measures per group, indexed by the group.
    per_user : DataFrame or None
        The same measures per group and business user, indexed by both; None where a group has one user only.
    by : sequence of str
        Index levels that name the group.
    minimum_users : int
        Users with weight below which a group's interval speaks of chance alone.

    Returns
    -------
    DataFrame
        Indexed like `sums`: ``<name>_low, <name>_high`` and ``<name>_range``, what the range is called, for each KPI of
        `Place.RANGES`. Without bounds where the ratio has no denominator, and for money also where too few users carry
        it or the ends differ a hundredfold.
    """
    parts = []
    for kpi in kpis_in(Place.RANGES):
        if per_user is None:
            low, high = chance_interval(*kpi.parts(sums), kpi.scale)
            part = pd.DataFrame({"low": low, "high": high, "range": RANGE_95}, index=sums.index)
        else:
            part = user_intervals(*kpi.parts(per_user), list(by), minimum_users, kpi.scale)
            part = part.reindex(sums.index)
        if kpi.scale == "log":
            part[["low", "high"]] = part[["low", "high"]].where(part["high"] <= WIDEST_RANGE * part["low"])
        part["range"] = part["range"].where(part["low"].notna(), "").astype("str")
        parts.append(part.add_prefix(f"{kpi.name}_"))
    return pd.concat(parts, axis=1)


def chance_interval(over: pd.Series, under: pd.Series, scale: str) -> tuple[np.ndarray, np.ndarray]:
    """Interval if nothing but chance were at work: Wilson for shares, exact Poisson for money per count.

    Garwood (1936), Biometrika 28:437, for the count; money is taken as given. Without money there is no cost
    to put a range to.

    Parameters
    ----------
    over, under : Series of float
        Numerator and denominator of each group.
    scale : {"log", "logit"}
        Whether they are money and a count, or two counts.

    Returns
    -------
    tuple of ndarray
        Lower and upper bounds.

    Examples
    --------
    >>> low, high = chance_interval(pd.Series([400.0, 0.0]), pd.Series([4.0, 2.0]), "log")
    >>> low.round(1).tolist(), high.round(1).tolist()
    ([39.1, nan], [367.0, nan])
    """
    if scale == "logit":
        # some exports count more clicks than impressions, which is no share of anything
        return wilson_interval(over.where(over <= under), under)
    money = np.where((over > 0) & (under > 0), over.astype(float), np.nan)
    count = np.where(under > 0, under.astype(float), np.nan)
    tail = (1 - LEVEL) / 2
    most, least = stats.gamma.ppf(1 - tail, count + 1), stats.gamma.ppf(tail, count)
    return money / most, money / least


def user_intervals(
    over: pd.Series, under: pd.Series, by: list[str], minimum_users: int, scale: str
) -> pd.DataFrame:
    """`statistics.ratio_interval`, for shares `statistics.rate_interval`, of many groups in one pass.

    Parameters
    ----------
    over, under : Series
        Parts of one business user each, indexed by the group and the user.
    by : list of str
        Index levels that name the group.
    minimum_users : int
        Users with weight below which a group has no bounds, a share those of chance over the users in effect.
    scale : {"log", "logit"}

    Returns
    -------
    DataFrame
        One row per group: ``low, high`` and ``range``, what the range is called.
    """
    forward, back = SCALES[scale]
    parts = pd.DataFrame({"over": over.astype(float), "under": under.astype(float)})
    parts = parts[(parts["over"] != 0) | (parts["under"] != 0)]
    groups = parts.groupby(level=by, observed=True)
    totals, sums = groups.transform("sum"), groups.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        without = forward((totals["over"] - parts["over"]) / (totals["under"] - parts["under"]))
        centre = forward(sums["over"] / sums["under"].where(sums["under"] > 0))
    without = without.where(np.isfinite(without))
    influence = (without - without.groupby(level=by, observed=True).transform("mean")) ** 2
    pieces = pd.DataFrame(
        {"count": 1, "known": without.notna(), "users": parts["under"] > 0, "weight": parts["under"],
         "weight2": parts["under"] ** 2, "influence": influence, "influence2": influence**2}
    )  # fmt: skip
    s = pieces.groupby(level=by, observed=True).sum()
    users = s["weight"] ** 2 / s["weight2"].where(s["weight2"] > 0)
    deciding = (s["influence"] ** 2 / s["influence2"].where(s["influence2"] > 0)).fillna(0.0)
    freedom = (users - 1).clip(upper=deciding).clip(lower=1.0)
    reach = stats.t.ppf(0.5 + LEVEL / 2, freedom) * np.sqrt((s["count"] - 1) / s["count"] * s["influence"])
    usable = (s["users"] >= minimum_users) & (s["known"] == s["count"]) & np.isfinite(centre)
    table = pd.DataFrame({"low": back(centre - reach), "high": back(centre + reach)}, index=s.index)
    table = table.where(usable)
    table["range"] = np.where(usable & (deciding >= MINIMUM_DECIDING_USERS), RANGE_95, RANGE_INDICATIVE)
    if scale == "logit":
        rate = (sums["over"] / sums["under"]).where(sums["over"] <= sums["under"])
        low, high = wilson_interval(rate * users, users)
        table["low"] = table["low"].where(usable, low)
        table["high"] = table["high"].where(usable, high)
    return table
