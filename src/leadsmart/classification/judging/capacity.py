"""How far down the list to call: what a capacity of calls finds and saves, and what came of each band of scores."""

from typing import Final

import numpy as np
import pandas as pd

from leadsmart.classification.metrics import estimate, gain
from leadsmart.params import Params
from leadsmart.vocabulary import USE_PROBABILITY

#: Shares of the leads that a team may have time to call.
CAPACITIES: Final = (0.1, 0.2, 0.3, 0.5, 0.8)
GAIN_COLUMNS: Final = (
    "called", "found", "without_score", "qualified_rate", "lowest_probability", "calls_saved",
)  # fmt: skip
CALL_COLUMNS: Final = (
    "called", "leads", "lowest_probability", "found", "found_low", "found_high", "qualified_rate",
    "calls_saved", "calls_saved_low", "calls_saved_high",
)  # fmt: skip
BAND_COLUMNS: Final = ("band", "leads", "predicted", "observed", "low", "high")
GRADES: Final = ("A", "B", "C", "D")
#: Bands of a score whose order holds and whose probabilities do not.
FIFTHS: Final = ("best fifth", "second fifth", "third fifth", "fourth fifth", "last fifth")


def gains_table(label: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """Say what calling the best-scored leads first would find; the threshold for any capacity of calls.

    Parameters
    ----------
    label : ndarray
    probability : ndarray

    Returns
    -------
    DataFrame
        One row per percent of leads called (1–100): ``called``, ``found``, ``without_score``,
        ``qualified_rate``, ``lowest_probability``, ``calls_saved``.
    """
    order = np.argsort(-probability, kind="stable")
    found = np.concatenate([[0.0], np.cumsum(label[order])])
    called = np.arange(1, 101) / 100
    n = np.maximum(np.round(called * len(label)).astype(int), 1)
    share = found[n] / found[-1]
    return pd.DataFrame(
        {
            "called": called,
            "found": share,
            "without_score": called,
            "qualified_rate": found[n] / n,
            "lowest_probability": probability[order][n - 1],
            "calls_saved": _saved(called, share),
        }
    )


def calls_table(label: np.ndarray, probability: np.ndarray, weights: np.ndarray, basis: str) -> pd.DataFrame:
    """Say, for some capacities of calls, what the score finds and saves, with intervals.

    ``calls_saved = 1 − called / found``: of the calls that random order needs for as many qualified leads.

    Parameters
    ----------
    label : array of 0 and 1
    probability : array
    weights : array, shape (resamplings + 1, leads)
        As in `metrics.cluster_weights`.
    basis : str
        What was resampled (`metrics.Clusters`).

    Returns
    -------
    DataFrame
        One row per capacity: ``called`` (share), ``leads`` (count), ``lowest_probability`` (the threshold),
        ``found`` (share of the qualified) and ``calls_saved`` (share) with ``_low`` and ``_high``, and
        ``qualified_rate`` among those called.
    """
    gains = gains_table(label, probability).set_index("called")
    rows = []
    for called in CAPACITIES:
        found, at = gain(label, probability, weights, called), gains.loc[called]
        leads = max(round(called * len(label)), 1)
        rows.append(
            (called, leads, at["lowest_probability"], *estimate(found, basis), at["qualified_rate"],
             *estimate(_saved(called, found), basis))
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(CALL_COLUMNS))


def bands_table(
    label: np.ndarray, probability: np.ndarray, weights: np.ndarray, basis: str, params: Params, use: str
) -> pd.DataFrame:
    """Say what came of the leads of each band of scores.

    Parameters
    ----------
    label, probability, weights, basis
        As in `calls_table`.
    params : Params
    use : str
        Bands are grades where probabilities are to be used, else fifths of the leads.

    Returns
    -------
    DataFrame
        One row per band, best first: ``band``, ``leads`` (count), ``predicted`` (mean; missing for fifths),
        ``observed`` (share qualified) with ``low``, ``high``.
    """
    if use == USE_PROBABILITY:
        bands, predicted = grade_of(probability, params), probability
    else:
        place = np.empty(len(label), dtype=int)
        place[np.argsort(-probability, kind="stable")] = np.arange(len(label))
        bands = np.array(FIFTHS, dtype=object)[len(FIFTHS) * place // len(label)]
        predicted = np.full(len(label), np.nan)
    rows = []
    for band in [b for b in (*GRADES, *FIFTHS) if b in set(bands)]:
        inside = bands == band
        total = weights[1:, inside].sum(axis=1)
        drawn = total > 0
        rates = (weights[1:, inside] @ label[inside])[drawn] / total[drawn]
        observed = estimate(np.array([label[inside].mean(), *rates]), basis)
        rows.append((band, int(inside.sum()), predicted[inside].mean(), *observed))
    return pd.DataFrame(rows, columns=list(BAND_COLUMNS))


def grade_of(probability: np.ndarray, params: Params) -> np.ndarray:
    """Give each probability its grade A–D by ``params.grade_bounds``; None without a probability."""
    grades = np.full(len(probability), GRADES[-1], dtype=object)
    # from C to A: a probability has the best grade whose bound it reaches
    for grade, bound in sorted(params.grade_bounds.items(), reverse=True):
        grades[probability >= bound] = grade
    grades[np.isnan(probability)] = None
    return grades


def _saved(called: np.ndarray | float, found: np.ndarray) -> np.ndarray:
    return np.where(found > 0, 1 - called / np.where(found > 0, found, 1), np.nan)
