"""Tests: labels are permuted within business users, and families of hypotheses are corrected."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats


def heterogeneity_p(
    successes: ArrayLike, trials: ArrayLike, blocks: ArrayLike, *, seed: int, replicates: int = 1999
) -> float:
    """Do groups of the same block differ in their rate by more than chance? A permutation test.

    Successes are shuffled among the trials of each block. The statistic is the sum over groups of
    (successes − trials · block's rate)² / (rate · (1 − rate)), Tarone's score (1979, Biometrika 66:585),
    which big groups dominate and single trials hardly move. Blocks of one group or one kind add nothing.

    Counting shuffled labels per group is a draw from the multivariate hypergeometric distribution, which is
    drawn directly.

    Parameters
    ----------
    successes, trials : array-like of int
        Counts of each group.
    blocks : array-like
        The block of each group.
    seed, replicates : int

    Returns
    -------
    float
        P-value; NaN if no block has two groups and trials of both kinds.
    """
    k, n = np.asarray(successes, dtype=np.int64), np.asarray(trials, dtype=np.int64)
    rng = np.random.default_rng(seed)
    observed, drawn, informative = 0.0, np.zeros(replicates), 0
    for _, members in pd.Series(np.arange(len(k))).groupby(np.asarray(blocks), sort=False):
        x, size = k[members], n[members]
        rate = x.sum() / size.sum() if size.sum() else 0.0
        if len(members) < 2 or rate in (0.0, 1.0):
            continue
        informative += 1
        scale = rate * (1 - rate)
        observed += ((x - size * rate) ** 2).sum() / scale
        shuffled = rng.multivariate_hypergeometric(size, int(x.sum()), size=replicates, method="marginals")
        drawn += ((shuffled - size * rate) ** 2).sum(axis=1) / scale
    return permutation_p(observed, drawn) if informative else float("nan")


def permutation_p(observed: float, drawn: np.ndarray) -> float:
    """Share of draws at least as large as observed, the observed one counted among them.

    Phipson & Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9:39: never zero.

    Parameters
    ----------
    observed : float
        The statistic of the data.
    drawn : ndarray
        The statistic of each permutation.

    Returns
    -------
    float

    Examples
    --------
    >>> permutation_p(3.0, np.array([1.0, 2.0, 3.0]))
    0.5
    """
    tolerance = 1e-9 * max(abs(observed), 1.0)
    return float((1 + (drawn >= observed - tolerance).sum()) / (1 + len(drawn)))


def adjust_false_discovery(p_values: dict[str, float]) -> dict[str, float]:
    """Benjamini–Hochberg q-values of one family; untested hypotheses (NaN) stay NaN and don't count.

    Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57:289.

    Parameters
    ----------
    p_values : dict of str to float

    Returns
    -------
    dict of str to float
        A q-value per key.

    Examples
    --------
    >>> adjust_false_discovery({"a": 0.01, "b": 0.04, "c": float("nan")})
    {'a': 0.02, 'b': 0.04, 'c': nan}
    """
    tested = pd.Series(p_values, dtype=float).dropna()
    q_values = pd.Series(stats.false_discovery_control(tested, method="bh"), index=tested.index)
    return {key: float(q_values.get(key, np.nan)) for key in p_values}
