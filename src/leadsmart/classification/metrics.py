"""Measures of a score, each for many resamplings at once, and the intervals that follow."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

RESAMPLES: Final = 300
ECE_BINS: Final = 10
_CHUNK: Final = 2_000_000

#: Measure -> (words, unit of the vocabulary).
MEASURES: Final[dict[str, tuple[str, str]]] = {
    "roc_auc": ("ROC-AUC", "auc"),
    "pr_auc": ("PR-AUC", "auc"),
    "brier": ("Brier score", "auc"),
    "brier_skill": ("Brier skill", "share"),
    "ece": ("Calibration error (ECE)", "share"),
    "lift_at_10": ("Lift in the top 10 %", "ratio"),
    "lift_at_20": ("Lift in the top 20 %", "ratio"),
    "gain_at_10": ("Qualified leads in the top 10 %", "share"),
    "gain_at_20": ("Qualified leads in the top 20 %", "share"),
}


@dataclass(frozen=True)
class Clusters:
    """Groups of leads that are resampled together, and what they are.

    Attributes
    ----------
    codes : array of int
        Group of each lead.
    basis : str
        ``business users``, ``campaigns`` or, where there are too few of either, empty: no interval.
    """

    codes: np.ndarray
    basis: str


def choose_clusters(leads: pd.DataFrame, minimum: int) -> Clusters:
    """Resample business users; campaigns where there are fewer users than `minimum`; else nothing."""
    for key, basis in (("user_id", "business users"), ("campaign_id", "campaigns")):
        codes, found = pd.factorize(leads[key].astype(object), use_na_sentinel=False)
        if len(found) >= minimum:
            return Clusters(codes, basis)
    return Clusters(np.zeros(len(leads), dtype=int), "")


def cluster_weights(clusters: Clusters, seed: int, resamples: int = RESAMPLES) -> np.ndarray:
    """Draw how often each lead occurs in each resampling of whole groups.

    Parameters
    ----------
    clusters : Clusters
    seed : int
    resamples : int

    Returns
    -------
    array, shape (resamples + 1, leads)
        Row 0 is the data as it is.
    """
    leads = len(clusters.codes)
    if not leads:
        return np.ones((resamples + 1, 0))
    groups = int(clusters.codes.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=resamples)
    return np.vstack([np.ones(leads), drawn[:, clusters.codes]])


def estimate(draws: np.ndarray, basis: str) -> tuple[float, float, float]:
    """Take a measure and its 95 % percentile interval from its resamplings.

    Parameters
    ----------
    draws : array
        The measure of the data as it is, then that of each resampling.
    basis : str
        What was resampled; without anything there is no interval.

    Returns
    -------
    tuple of float
        Value, low and high.
    """
    return (float(draws[0]), *(interval(draws[1:]) if basis else (np.nan, np.nan)))


def auc(label: np.ndarray, score: np.ndarray) -> float:
    """Return the chance that a qualified lead scores above one that is not, ties counting half.

    >>> auc(np.array([0, 1, 1]), np.array([0.2, 0.2, 0.9]))
    0.75
    """
    return float(auc_draws(label, score, np.ones((1, len(label))))[0])


def auc_draws(label: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compute the AUC of every resampling.

    ``AUC = Σ w⁺ · (W⁻ below + ½ W⁻ tied) / (W⁺ · W⁻)``

    Parameters
    ----------
    label : array of 0 and 1
    score : array
    weights : array, shape (resamplings, leads)

    Returns
    -------
    array, shape (resamplings,)
    """
    return _area(*_by_score(label, score, weights))


def auc_interval(
    label: np.ndarray, score: np.ndarray, clusters: Clusters, seed: int
) -> tuple[float, float, float]:
    """Compute the AUC, and its interval by resampling clusters."""
    return estimate(auc_draws(label, score, cluster_weights(clusters, seed)), clusters.basis)


def measure(label: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> pd.DataFrame:
    """Compute every measure in `MEASURES` for every resampling.

    ``brier = mean (p − y)²``; ``brier_skill = 1 − brier / (r · (1 − r))`` with r the qualified rate of these
    very leads: the best that saying the same of everybody could do, in hindsight.

    Parameters
    ----------
    label : array of 0 and 1
    probability : array
    weights : array, shape (resamplings, leads)

    Returns
    -------
    DataFrame
        One row per resampling, one column per measure.
    """
    step = max(1, _CHUNK // max(len(label), 1))
    parts = [_measure(label, probability, weights[i : i + step]) for i in range(0, len(weights), step)]
    return pd.concat(parts, ignore_index=True)


def _measure(label: np.ndarray, p: np.ndarray, weights: np.ndarray) -> pd.DataFrame:
    total = weights.sum(axis=1)
    brier = _divide(weights @ (p - label) ** 2, total)
    rate = _divide(weights @ label, total)
    good, bad = _by_score(label, p, weights)
    found, called = _best_first(good, bad)
    precision = _divide(found, called)
    columns = {
        "roc_auc": _area(good, bad),
        "pr_auc": _divide(np.nansum(good[:, ::-1] * precision, axis=1), good.sum(axis=1)),
        "brier": brier,
        "brier_skill": 1 - _divide(brier, rate * (1 - rate)),
        "ece": calibration_error(label, p, weights),
    }
    for percent in (10, 20):
        gain = _gain(found, called, percent / 100)
        columns |= {f"lift_at_{percent}": gain / (percent / 100), f"gain_at_{percent}": gain}
    return pd.DataFrame(columns)[list(MEASURES)]


def gain(label: np.ndarray, score: np.ndarray, weights: np.ndarray, share: float) -> np.ndarray:
    """Return the share of the qualified leads that the best-scored `share` of leads holds, per resampling.

    >>> gain(np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.2, 0.3]), np.ones((1, 4)), 0.5).tolist()
    [0.5]
    """
    return _gain(*_best_first(*_by_score(label, score, weights)), share)


def calibration_bins(probability: np.ndarray, bins: int = ECE_BINS) -> np.ndarray:
    """Put scores into `bins` bins of about equal count; equal scores share a bin.

    >>> calibration_bins(np.array([0.1, 0.1, 0.7, 0.9]), bins=2).tolist()
    [0, 0, 1, 1]
    """
    edges = np.quantile(probability, np.linspace(0, 1, bins + 1)[1:-1]) if len(probability) else np.empty(0)
    return np.searchsorted(np.unique(edges), probability, side="left")


def calibration_error(label: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean distance of predicted and observed rate over bins of equal count, per resampling.

    ``ECE = Σ n_b / N · |mean p_b − mean y_b|``

    >>> calibration_error(np.array([0, 1]), np.array([0.5, 0.5]), np.ones((1, 2))).tolist()
    [0.0]
    """
    bins = calibration_bins(probability)
    error = np.zeros(len(weights))
    for b in np.unique(bins):
        inside = bins == b
        error += np.abs(weights[:, inside] @ (probability[inside] - label[inside]))
    return _divide(error, weights.sum(axis=1))


def noise_calibration_error(probability: np.ndarray, seed: int, draws: int = 200) -> float:
    """Return the ECE that perfectly calibrated scores exceed by chance in one of twenty samples like this."""
    rng = np.random.default_rng(seed)
    outcomes = (rng.random((draws, len(probability))) < probability).astype(float)
    bins = calibration_bins(probability)
    one_hot = (bins[:, None] == np.unique(bins)[None, :]).astype(float)
    error = np.abs((probability[None, :] - outcomes) @ one_hot).sum(axis=1) / max(len(probability), 1)
    return float(np.quantile(error, 0.95))


def interval(draws: np.ndarray) -> tuple[float, float]:
    """Return the 95 % percentile interval; NaN if fewer than half of the resamplings gave a value."""
    values = np.asarray(draws, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < max(len(draws) / 2, 1):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _by_score(label: np.ndarray, score: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weight of the qualified leads and of the others at each score, lowest first, per resampling."""
    if not len(score):
        return np.zeros((len(weights), 0)), np.zeros((len(weights), 0))
    order = np.argsort(score, kind="stable")
    ordered = np.asarray(score)[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    w, y = weights[:, order], np.asarray(label, dtype=float)[order]
    return np.add.reduceat(w * y, starts, axis=1), np.add.reduceat(w * (1 - y), starts, axis=1)


def _area(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
    below = np.cumsum(bad, axis=1) - bad
    return _divide((good * (below + bad / 2)).sum(axis=1), good.sum(axis=1) * bad.sum(axis=1))


def _best_first(good: np.ndarray, bad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Qualified leads found and leads called, from the best score down to each."""
    return np.cumsum(good[:, ::-1], axis=1), np.cumsum((good + bad)[:, ::-1], axis=1)


def _gain(found: np.ndarray, called: np.ndarray, share: float) -> np.ndarray:
    found, called = (np.pad(part, ((0, 0), (1, 0))) for part in (found, called))
    # leads of equal score are called in random order: the curve is straight between scores
    at_share = [np.interp(share * c[-1], c, f) for c, f in zip(called, found, strict=True)]
    return _divide(np.array(at_share), found[:, -1])


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    numerator, denominator = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)
