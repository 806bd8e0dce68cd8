"""Intervals of one estimate: business users are left out one at a time, and strata are compared within them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from leadsmart.vocabulary import RANGE_95, RANGE_INDICATIVE

LEVEL = 0.95
#: Business users in effect that must decide a range before it is called a 95 % range. Where the users of a real
#: export were drawn again, ranges with fewer held the truth in 64–98 % of cases, with more in 88–99 %, 95 % on average
#: (``benchmarks/coverage.py`` measures it, ``tests/insights/test_coverage.py`` repeats it on drawn markets). A limit of
#: 2.5 would take the one at 88 % in, and leave ranges of five drawn users below 92 %.
MINIMUM_DECIDING_USERS = 2.0
#: Scale on which an interval is symmetric -> the way there and back.
SCALES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "log": (np.log, np.exp),
    "logit": (special.logit, special.expit),
    "linear": (lambda x: x, lambda x: x),
}


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % bounds; NaN bounds where there are too few users to leave one out.

    Attributes
    ----------
    estimate, low, high : float
    clusters : int
        Business users that carry the estimate.
    deciding : float
        Business users in effect that decide how wide the range is: Kish's number, by their influence. Near one,
        a single user decides it, and a market without that user would have shown another range.
    error, freedom : float
        Standard error on `scale` and degrees of freedom, where the method has them.
    scale : str
        "linear", "log" or "logit".
    """

    estimate: float
    low: float
    high: float
    clusters: int
    deciding: float = 0.0
    error: float = float("nan")
    freedom: float = float("nan")
    scale: str = "linear"

    @property
    def has_bounds(self) -> bool:
        """Whether both bounds are finite."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))

    @property
    def label(self) -> str:
        """ "95 % range", or "indicative range" where fewer than two users in effect decide it; "" without one."""
        if not self.has_bounds:
            return ""
        return RANGE_95 if self.deciding >= MINIMUM_DECIDING_USERS else RANGE_INDICATIVE

    def p_below(self, reference: float) -> float:
        """P-value of "the truth is at least `reference`": small where the estimate is clearly below it.

        Parameters
        ----------
        reference : float
            On the natural scale.

        Returns
        -------
        float
            NaN where the method has no standard error.
        """
        forward, _ = SCALES[self.scale]
        if not self.error > 0:
            return float("nan")
        return float(stats.t.cdf((forward(self.estimate) - forward(reference)) / self.error, self.freedom))


def wilson_interval(successes: ArrayLike, trials: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval for shares; NaN where there are no trials.

    Wilson (1927), J. Am. Stat. Assoc. 22:209; recommended for small n by Brown, Cai & DasGupta (2001),
    Statist. Sci. 16:101.

    Parameters
    ----------
    successes, trials : array-like of float
        Counts, of which there may be parts: a number of users in effect is no whole one.

    Returns
    -------
    tuple of ndarray
        Lower and upper bounds.

    Examples
    --------
    >>> low, high = wilson_interval([5, 0], [10, 0])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2366, nan], [0.7634, nan])
    """
    k, n = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    n = np.where(n > 0, n, np.nan)
    z = stats.norm.ppf(0.5 + LEVEL / 2)
    share, spread = k / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = np.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def jackknife_interval(
    parts: pd.DataFrame,
    statistic: Callable[[Any], Any],
    *,
    weight: str,
    minimum_clusters: int,
    scale: str = "linear",
) -> Interval:
    """Interval of a statistic of sums over business users, leaving out one user at a time.

    Student's t on a transformed scale. Its degrees of freedom are the users in effect, by weight and by influence
    on the estimate, whichever is fewer: on long-tailed users one of them often makes up most of the variance, which
    the number of users does not show. Efron & Stein (1981), Ann. Stat. 9:586; Kish (1965), Survey Sampling; Cameron &
    Miller (2015), J. Human Resources 50:317 (few clusters). Resampling users (percentile, BCa, studentised) held the
    truth less often wherever it was tried.

    Parameters
    ----------
    parts : DataFrame
        One row per business user, columns of additive parts.
    statistic : callable
        Maps totals, by column, to the statistic (natural scale): those of all users, and elementwise those without
        each of them.
    weight : str
        Column of `parts` that says how much a user weighs.
    minimum_clusters : int
        Fewer users with weight: no bounds.
    scale : {"linear", "log", "logit"}

    Returns
    -------
    Interval
    """
    forward, _ = SCALES[scale]
    parts = parts.astype(float)
    totals = parts.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = float(statistic(totals))
        without = forward(statistic(totals - parts).to_numpy())
    size = parts[weight].to_numpy()
    return leave_one_out_interval(estimate, without, size, minimum_clusters=minimum_clusters, scale=scale)


def leave_one_out_interval(
    estimate: float, without: np.ndarray, size: np.ndarray, *, minimum_clusters: int, scale: str = "linear"
) -> Interval:
    """Interval from an estimate made again without each business user, however it was made.

    Parameters
    ----------
    estimate : float
        On the natural scale.
    without : ndarray
        One estimate per user left out, already on `scale`.
    size : ndarray
        How much each of them weighs.
    minimum_clusters : int
        Fewer users with weight: no bounds.
    scale : {"linear", "log", "logit"}

    Returns
    -------
    Interval
    """
    forward, back = SCALES[scale]
    clusters = int((size > 0).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = forward(np.asarray(estimate))
    if clusters < minimum_clusters or not np.isfinite(centre) or not np.isfinite(without).all():
        return Interval(estimate, np.nan, np.nan, clusters)
    count = len(without)
    influence = (without - without.mean()) ** 2
    error = float(np.sqrt((count - 1) / count * influence.sum()))
    deciding = effective_number(influence)
    freedom = max(min(effective_number(size) - 1, deciding), 1.0)
    reach = stats.t.ppf(0.5 + LEVEL / 2, freedom) * error
    low, high = float(back(centre - reach)), float(back(centre + reach))
    return Interval(estimate, low, high, clusters, deciding, error, freedom, scale)


def effective_number(weights: ArrayLike) -> float:
    """How many equal weights are worth these: (Σw)² / Σw². Kish (1965), Survey Sampling.

    >>> effective_number([1, 1, 1, 1]), effective_number([9, 1]) < 1.25, effective_number([])
    (4.0, True, 0.0)
    """
    w = np.asarray(weights, dtype=float)
    squares = (w**2).sum()
    return float(w.sum() ** 2 / squares) if squares > 0 else 0.0


def ratio_interval(
    over: ArrayLike, under: ArrayLike, *, minimum_clusters: int, scale: str = "log"
) -> Interval:
    """Interval of sum(over) / sum(under), where each element belongs to one business user.

    Zero ratios (and ratios of one with ``scale="logit"``) have no bounds: their spread can't be seen in data.

    Parameters
    ----------
    over, under : array-like of float
        Numerator and denominator of each business user.
    minimum_clusters : int
        Fewer users with a denominator: no bounds.
    scale : {"log", "logit", "linear"}

    Returns
    -------
    Interval

    Examples
    --------
    >>> ratio_interval([10, 20, 30, 40, 50], [1, 2, 3, 4, 5], minimum_clusters=5).estimate
    10.0
    """
    parts = pd.DataFrame({"over": np.asarray(over, float), "under": np.asarray(under, float)})
    parts = parts[(parts["over"] != 0) | (parts["under"] != 0)]
    return jackknife_interval(
        parts,
        lambda total: total["over"] / total["under"],
        weight="under",
        minimum_clusters=minimum_clusters,
        scale=scale,
    )


def rate_interval(successes: ArrayLike, trials: ArrayLike, *, minimum_clusters: int) -> Interval:
    """Interval of a rate, each element one business user; with too few of them, each counts as one trial.

    Where users can't be left out (fewer than `minimum_clusters`, or a rate of 0 or 1), verdicts of one user must not
    pass for independent ones: the range is Wilson's for the users in effect, which is never narrower for fewer of
    them, and always indicative.

    Parameters
    ----------
    successes, trials : array-like of float
        Counts of each business user.
    minimum_clusters : int
        Fewer users with trials can't be left out one at a time.

    Returns
    -------
    Interval

    Examples
    --------
    >>> few = rate_interval([5, 15], [20, 20], minimum_clusters=5)
    >>> few.estimate, round(few.low, 2), round(few.high, 2), few.label
    (0.5, 0.09, 0.91, 'indicative range')
    """
    interval = ratio_interval(successes, trials, minimum_clusters=minimum_clusters, scale="logit")
    if interval.has_bounds or not np.isfinite(interval.estimate):
        return interval
    users = effective_number(trials)
    low, high = wilson_interval(interval.estimate * users, users)
    return replace(interval, low=float(low), high=float(high))


def mantel_haenszel(cells: pd.DataFrame, *, minimum_clusters: int) -> Interval:
    """Ratio of two rates, exposed over others, compared within strata, its interval by leaving out one business user at a time.

    Mantel & Haenszel (1959), J. Nat. Cancer Inst. 22:719; for rates Rothman (1986), Modern Epidemiology. Only
    strata with both kinds say something, so a user's habits can't pass for an effect.

    Parameters
    ----------
    cells : DataFrame
        ``user_id, stratum`` (any), ``is_exposed`` (bool), ``events, trials`` (counts); rows are summed.
    minimum_clusters : int
        Fewer users with strata of both kinds: no bounds.

    Returns
    -------
    Interval
        Of the ratio, on the log scale.
    """
    return jackknife_interval(
        _strata_by_user(cells),
        lambda total: total["over"] / total["under"],
        weight="weight",
        minimum_clusters=minimum_clusters,
        scale="log",
    )


def stratified_difference(cells: pd.DataFrame, *, minimum_clusters: int) -> Interval:
    """Difference of two rates, exposed less others, compared as in `mantel_haenszel`.

    Greenland & Robins (1985), Biometrics 41:55: the strata's differences, weighted by n1 · n0 / n.

    Parameters
    ----------
    cells : DataFrame
        As in `mantel_haenszel`.
    minimum_clusters : int
        Fewer users with strata of both kinds: no bounds.

    Returns
    -------
    Interval
        Of the difference of shares.

    Examples
    --------
    >>> cells = pd.DataFrame({"user_id": ["u", "u"], "stratum": "s", "is_exposed": [True, False],
    ...     "events": [6, 3], "trials": 10})
    >>> round(stratified_difference(cells, minimum_clusters=5).estimate, 3)
    0.3
    """
    return jackknife_interval(
        _strata_by_user(cells),
        lambda total: (total["over"] - total["under"]) / total["weight"],
        weight="weight",
        minimum_clusters=minimum_clusters,
    )


def _strata_by_user(cells: pd.DataFrame) -> pd.DataFrame:
    """Sums per user over strata of both kinds: ``over, under`` (weighted rates), ``weight``."""
    keys = [cells["user_id"], cells["stratum"]]
    part = {}
    for name, chosen in (("1", cells["is_exposed"]), ("0", ~cells["is_exposed"])):
        for column in ("events", "trials"):
            part[column + name] = cells[column].where(chosen, 0).groupby(keys).sum()
    t = pd.DataFrame(part)
    t = t[(t["trials1"] > 0) & (t["trials0"] > 0)]
    total = t["trials1"] + t["trials0"]
    strata = pd.DataFrame(
        {
            "over": t["events1"] * t["trials0"] / total,
            "under": t["events0"] * t["trials1"] / total,
            "weight": t["trials1"] * t["trials0"] / total,
        }
    )
    return strata.groupby(level="user_id").sum()
