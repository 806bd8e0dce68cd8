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


def choose_clusters(users: pd.Series, campaigns: pd.Series, minimum: int) -> Clusters:
    """Resample business users; campaigns where there are fewer users than `minimum`; else nothing."""
    for keys, basis in ((users, "business users"), (campaigns, "campaigns")):
        codes, found = pd.factorize(keys.astype(object), use_na_sentinel=False)
        if len(found) >= minimum:
            return Clusters(codes, basis)
    return Clusters(np.zeros(len(users), dtype=int), "")


def cluster_weights(clusters: Clusters, seed: int, resamples: int = RESAMPLES) -> np.ndarray:
    """Draw how often each lead occurs in each resampling of whole groups.

    Returns
    -------
    array, shape (resamples + 1, leads)
        Row 0 is the data as it is.
    """
    groups = int(clusters.codes.max()) + 1 if len(clusters.codes) else 0
    rng = np.random.default_rng(seed)
    drawn = (
        rng.multinomial(groups, np.full(groups, 1 / groups), size=resamples)
        if groups
        else np.ones((resamples, 0))
    )
    return np.vstack([np.ones(len(clusters.codes)), drawn[:, clusters.codes]]).astype(float)


def auc(label: np.ndarray, score: np.ndarray, weights: np.ndarray | None = None) -> float | np.ndarray:
    """Return the chance that a qualified lead scores above one that is not, ties counting half.

    ``AUC = Σ w⁺ · (W⁻ below + ½ W⁻ tied) / (W⁺ · W⁻)``

    Parameters
    ----------
    label, score : array
    weights : array, optional
        One row per resampling; then one value per row is returned.

    Examples
    --------
    >>> auc(np.array([0, 1, 1]), np.array([0.2, 0.2, 0.9]))
    0.75
    """
    if weights is None:
        return float(auc(label, score, np.ones((1, len(label))))[0])
    good, bad = _by_score(label, score, weights)
    below = np.cumsum(bad, axis=1) - bad
    total = good.sum(axis=1) * bad.sum(axis=1)
    return _divide((good * (below + bad / 2)).sum(axis=1), total)


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
    good, bad = (part[:, ::-1] for part in _by_score(label, p, weights))
    found, called = np.cumsum(good, axis=1), np.cumsum(good + bad, axis=1)
    all_good = good.sum(axis=1)
    precision = _divide(found, called)
    columns = {
        "roc_auc": auc(label, p, weights),
        "pr_auc": _divide(np.nansum(good * precision, axis=1), all_good),
        "brier": brier,
        "brier_skill": 1 - _divide(brier, rate * (1 - rate)),
        "ece": calibration_error(label, p, weights),
    }
    for percent in (10, 20):
        gain = np.array([_gain(f, c, percent / 100) for f, c in zip(found, called, strict=True)])
        columns |= {f"lift_at_{percent}": gain / (percent / 100), f"gain_at_{percent}": gain}
    return pd.DataFrame(columns)[list(MEASURES)]


def gain(label: np.ndarray, score: np.ndarray, weights: np.ndarray, share: float) -> np.ndarray:
    """Return the share of the qualified leads that the best-scored `share` of leads holds, per resampling.

    >>> gain(np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.2, 0.3]), np.ones((1, 4)), 0.5).tolist()
    [0.5]
    """
    good, bad = (part[:, ::-1] for part in _by_score(label, score, weights))
    found, called = np.cumsum(good, axis=1), np.cumsum(good + bad, axis=1)
    return np.array([_gain(f, c, share) for f, c in zip(found, called, strict=True)])


def calibration_bins(probability: np.ndarray, bins: int = ECE_BINS) -> np.ndarray:
    """Put scores into `bins` bins of about equal count; equal scores share a bin.

    >>> calibration_bins(np.array([0.1, 0.1, 0.7, 0.9]), bins=2).tolist()
    [0, 0, 1, 1]
    """
    edges = np.quantile(probability, np.linspace(0, 1, bins + 1)[1:-1]) if len(probability) else np.empty(0)
    return np.searchsorted(np.unique(edges), probability, side="left")


def calibration_error(
    label: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Return the mean distance of predicted and observed rate over bins of equal count.

    ``ECE = Σ n_b / N · |mean p_b − mean y_b|``

    Examples
    --------
    >>> float(calibration_error(np.array([0, 1]), np.array([0.5, 0.5]))[0])
    0.0
    """
    weights = np.ones((1, len(label))) if weights is None else weights
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
    order = np.argsort(score, kind="stable")
    ordered = np.asarray(score)[order]
    starts = (
        np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        if len(ordered)
        else np.empty(0, int)
    )
    w, y = weights[:, order], np.asarray(label, dtype=float)[order]
    if not len(starts):
        return np.zeros((len(weights), 0)), np.zeros((len(weights), 0))
    return np.add.reduceat(w * y, starts, axis=1), np.add.reduceat(w * (1 - y), starts, axis=1)


def _gain(found: np.ndarray, called: np.ndarray, share: float) -> float:
    if not len(found) or found[-1] == 0:
        return float("nan")
    # leads of equal score are called in random order: the curve is straight between scores
    return float(
        np.interp(share * called[-1], np.concatenate([[0], called]), np.concatenate([[0], found])) / found[-1]
    )


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    numerator, denominator = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)
