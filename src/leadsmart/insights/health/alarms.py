"""When a day counts as a fault: by how much likelier the fault makes it, at a stated number of false alarms."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

#: A day is no fault before chance alone leaves it in at most 5 % of cases, however many false alarms are allowed.
LEAST_EVIDENCE = 3.0
#: Beyond that (e to the power of it) no number of days needs a clearer one.
MOST_EVIDENCE = 50.0


def shift_limits(noise: ArrayLike, shift: float, allowed: float) -> np.ndarray:
    """How far each day must lie from what was expected before it is called a fault that shifts a day by `shift`.

    Normal noise and Neyman & Pearson (1933), Phil. Trans. A 231:289: what is found for a given number of false alarms
    is most if every day is held to the same likelihood ratio e^k. For a day of standard deviation s that is the
    distance shift / 2 + k s² / shift, so quiet days hardly use up false alarms and noisy ones must be clearer.

    Parameters
    ----------
    noise : array of float
        Standard deviation of each day, on the scale of `shift`.
    shift : float
        Size of the fault, positive.
    allowed : float
        False alarms to be expected among these days.

    Returns
    -------
    ndarray
        One limit per day.

    Examples
    --------
    >>> limits = shift_limits([0.1, 0.3], shift=0.9, allowed=0.01)
    >>> limits.round(2).tolist(), round(float(stats.norm.sf(limits / [0.1, 0.3]).sum()), 4)
    ([0.48, 0.7], 0.01)
    """
    s = np.asarray(noise, dtype=float)

    def limits(ratio: float) -> np.ndarray:
        return shift / 2 + ratio * s**2 / shift

    return limits(_least(lambda ratio: stats.norm.sf(limits(ratio) / s).sum(), allowed, 0.0))


def shift_power(noise: ArrayLike, shift: float, limits: ArrayLike) -> np.ndarray:
    """Chance that a fault of size `shift` is seen on each day.

    Parameters
    ----------
    noise : array-like of float
        Standard deviation of each day.
    shift : float
        Size of the fault.
    limits : array-like of float
        What `shift_limits` sets for each day.

    Returns
    -------
    ndarray
        One share per day.
    """
    return stats.norm.cdf((shift - np.asarray(limits)) / np.asarray(noise))


def dry_evidence(expected: ArrayLike, dispersion: ArrayLike) -> np.ndarray:
    """Minus the logarithm of the chance that a day brings no lead though so many are expected.

    Negative binomial, as the expectation is itself uncertain: log(1 + v m) / v for mean m and relative variance v.

    Parameters
    ----------
    expected, dispersion : array-like of float
        Mean and relative variance of the leads of each day.

    Returns
    -------
    ndarray
        One number per day.

    Examples
    --------
    >>> dry_evidence([3.0, 3.0], [0.0, 0.1]).round(2).tolist()
    [3.0, 2.62]
    """
    m, v = np.asarray(expected, dtype=float), np.asarray(dispersion, dtype=float)
    wide = np.maximum(v, 1e-9)
    return np.where(v > 1e-9, np.log1p(wide * m) / wide, m)


def dry_limit(evidence: pd.Series, allowed: float) -> float:
    """Evidence from which a run of days without a lead is called a fault.

    Parameters
    ----------
    evidence : Series
        `dry_evidence` of each day, indexed by the series it belongs to, in order of series and day.
    allowed : float
        False alarms to be expected among these days.

    Returns
    -------
    float
        At least `LEAST_EVIDENCE`.
    """
    return _least(lambda limit: false_runs(evidence, limit), allowed, LEAST_EVIDENCE)


def false_runs(evidence: pd.Series, limit: float) -> float:
    """Runs without a lead that chance alone lets reach `limit`: over all days on which one may start.

    A run that starts after a day with leads is an alarm on the first day that takes it to the limit, if every day of
    it is dry; the chance of that is e to the power of minus their evidence.

    Parameters
    ----------
    evidence : Series
        As in `dry_limit`.
    limit : float

    Returns
    -------
    float
        Expected number of runs.

    Examples
    --------
    >>> days = pd.Series([1.0, 1.0, 5.0], index=["a", "a", "b"])
    >>> round(false_runs(days, 2.0), 4)  # two days of a, one of b
    0.1421
    """
    e = evidence.to_numpy(dtype=float)
    series = pd.factorize(evidence.index)[0]
    total = np.cumsum(e)
    before = total - e
    end = np.searchsorted(total, before + limit * (1 - 1e-12))
    inside = np.minimum(end, len(e) - 1)
    reached = (end < len(e)) & (series[inside] == series)
    starts = np.where(np.r_[True, series[1:] != series[:-1]], 1.0, -np.expm1(-np.r_[0.0, e[:-1]]))
    return float((starts * np.exp(before - total[inside]))[reached].sum())


def _least(expected: Callable[[float], float], allowed: float, lowest: float) -> float:
    """The smallest limit that leaves at most `allowed` of the falling number `expected`, by bisection."""
    if expected(lowest) <= allowed:
        return lowest
    low, high = lowest, MOST_EVIDENCE
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if expected(middle) <= allowed else (middle, high)
    return high
