"""How far down the list to call: what a capacity of calls finds, saves, and which threshold it means."""

from typing import Final

import numpy as np
import pandas as pd

from leadsmart.classification.metrics import gain, interval

#: Shares of the leads that a team may have time to call.
CAPACITIES: Final = (0.1, 0.2, 0.3, 0.5, 0.8)
GAIN_COLUMNS: Final = (
    "called", "found", "without_score", "qualified_rate", "lowest_probability", "calls_saved",
)  # fmt: skip
CALL_COLUMNS: Final = (
    "called", "leads", "lowest_probability", "found", "found_low", "found_high", "qualified_rate",
    "calls_saved", "calls_saved_low", "calls_saved_high",
)  # fmt: skip


def gains_table(label: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """Say what calling the best-scored leads first would find; the threshold for any capacity of calls.

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


def calls_table(
    label: np.ndarray, probability: np.ndarray, weights: np.ndarray, has_interval: bool
) -> pd.DataFrame:
    """Say, for some capacities of calls, what the score finds and saves, with intervals.

    ``calls_saved = 1 − called / found``: of the calls that random order needs for as many qualified leads.

    Parameters
    ----------
    label : array of 0 and 1
    probability : array
    weights : array, shape (resamplings + 1, leads)
        As in `metrics.cluster_weights`.
    has_interval : bool

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
        found = gain(label, probability, weights, called)
        saved = _saved(called, found)
        bounds = [interval(draws[1:]) if has_interval else (np.nan, np.nan) for draws in (found, saved)]
        at = gains.loc[called]
        rows.append(
            (called, max(round(called * len(label)), 1), at["lowest_probability"], found[0], *bounds[0],
             at["qualified_rate"], saved[0], *bounds[1])
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(CALL_COLUMNS))


def _saved(called: np.ndarray | float, found: np.ndarray) -> np.ndarray:
    return np.where(found > 0, 1 - called / np.where(found > 0, found, 1), np.nan)
