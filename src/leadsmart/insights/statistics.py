"""Intervals and tests: business users are resampled, labels are permuted within them, families are corrected."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

LEVEL = 0.95
RANGE_95 = "95 % range"
RANGE_INDICATIVE = "indicative range"
#: Coverage below which a range is only indicative, and the users from which each kind reached it when measured
#: on simulated markets with lognormal user sizes (``tests/insights/test_coverage.py`` repeats the measurement).
MINIMUM_COVERAGE = 0.90
#: Effective users (Kish) below which a jackknife range is indicative: drawing the users of a real export again, such
#: ranges held the market's value in 84 % of cases on average (``benchmarks/coverage.md``).
MINIMUM_EFFECTIVE_USERS = 10
MEASURED_COVERAGE = {"jackknife": {5: 0.98, 8: 0.97, 12: 0.95, 20: 0.95, 40: 0.95, 100: 0.94},
                     "bootstrap": {5: 0.78, 8: 0.84, 12: 0.84, 20: 0.86, 40: 0.91, 100: 0.92},
                     "test inversion": {5: 0.95}}  # fmt: skip


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % bounds; NaN bounds where there are too few users to resample.

    Attributes
    ----------
    estimate, low, high : float
    clusters : int
        Business users that carry the estimate.
    method : str
        "jackknife", "bootstrap" or "test inversion".
    error, freedom : float
        Standard error on `scale` and degrees of freedom, where the method has them.
    scale : str
        "linear", "log" or "logit".
    """

    estimate: float
    low: float
    high: float
    clusters: int
    method: str
    error: float = float("nan")
    freedom: float = float("nan")
    scale: str = "linear"

    @property
    def has_bounds(self) -> bool:
        """Whether both bounds are finite."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))

    @property
    def label(self) -> str:
        """ "95 % range", or "indicative range" where few users carry it or the measured coverage is below 90 %."""
        if self.freedom + 1 < MINIMUM_EFFECTIVE_USERS:
            return RANGE_INDICATIVE
        measured = MEASURED_COVERAGE[self.method]
        size = max((size for size in measured if size <= self.clusters), default=min(measured))
        return RANGE_95 if measured[size] >= MINIMUM_COVERAGE else RANGE_INDICATIVE

    def p_below(self, reference: float) -> float:
        """P-value of "the truth is at least `reference`": small where the estimate is clearly below it."""
        forward, _ = _SCALES[self.scale]
        if not self.error > 0:
            return float("nan")
        return float(stats.t.cdf((forward(self.estimate) - forward(reference)) / self.error, self.freedom))


def wilson_interval(successes, trials, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval for shares; NaN where there are no trials.

    Wilson (1927), J. Am. Stat. Assoc. 22:209; recommended for small n by Brown, Cai & DasGupta (2001),
    Statist. Sci. 16:101.

    >>> low, high = wilson_interval([5, 0], [10, 0])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2366, nan], [0.7634, nan])
    """
    k, n = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    n = np.where(n > 0, n, np.nan)
    z = stats.norm.ppf(0.5 + level / 2)
    share, spread = k / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = np.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


_SCALES: dict[str, tuple[Callable, Callable]] = {
    "log": (np.log, np.exp),
    "logit": (special.logit, special.expit),
    "linear": (lambda x: x, lambda x: x),
}


def jackknife_interval(
    parts: pd.DataFrame,
    statistic: Callable[[dict[str, np.ndarray]], np.ndarray],
    *,
    weight: str,
    minimum_clusters: int,
    scale: str = "linear",
) -> Interval:
    """Interval of a statistic of sums over business users, leaving out one user at a time.

    On long-tailed users the percentile bootstrap holds the truth in 78–92 % of samples; the delete-one-user
    jackknife on a transformed scale with Student's t and the effective number of users (Kish) in 94–98 %.
    Efron & Stein (1981), Ann. Stat. 9:586; Kish (1965), Survey Sampling; Cameron & Miller (2015), J. Human
    Resources 50:317 (few clusters).

    Parameters
    ----------
    parts : DataFrame
        One row per business user, columns of additive parts.
    statistic : callable
        Maps a dict column -> array of totals to an array of statistics (natural scale).
    weight : str
        Column of `parts` that says how much a user weighs.
    minimum_clusters : int
        Fewer users with weight: no bounds.
    scale : {"linear", "log", "logit"}
    """
    forward, back = _SCALES[scale]
    parts = parts.astype(float)
    totals = parts.sum()
    size = parts[weight].to_numpy()
    clusters = int((size > 0).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = float(statistic({c: np.asarray(totals[c]) for c in parts}))
        without = forward(statistic({c: totals[c] - parts[c].to_numpy() for c in parts}))
        centre = forward(np.asarray(estimate))
    if clusters < minimum_clusters or not np.isfinite(centre) or not np.isfinite(without).all():
        return Interval(estimate, np.nan, np.nan, clusters, "jackknife")
    count = len(parts)
    error = float(np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum()))
    freedom = float(max(size.sum() ** 2 / (size**2).sum() - 1, 1))
    reach = stats.t.ppf(0.5 + LEVEL / 2, freedom) * error
    low, high = float(back(centre - reach)), float(back(centre + reach))
    return Interval(estimate, low, high, clusters, "jackknife", error, freedom, scale)


def ratio_interval(over, under, *, minimum_clusters: int, scale: str = "log") -> Interval:
    """Interval of sum(over) / sum(under), where each element belongs to one business user.

    Zero ratios (and ratios of one with ``scale="logit"``) have no bounds: their spread can't be seen in data.

    >>> ratio_interval([10, 20, 30, 40, 50], [1, 2, 3, 4, 5], minimum_clusters=5).estimate
    10.0
    """
    parts = pd.DataFrame({"over": np.asarray(over, float), "under": np.asarray(under, float)})
    parts = parts[(parts["over"] != 0) | (parts["under"] != 0)]
    return jackknife_interval(
        parts,
        lambda t: np.asarray(t["over"]) / np.asarray(t["under"]),
        weight="under",
        minimum_clusters=minimum_clusters,
        scale=scale,
    )


def bootstrap_ratio(over, under, *, seed: int, minimum_clusters: int, replicates: int = 2000) -> Interval:
    """Percentile bootstrap of sum(over) / sum(under) that resamples business users.

    Kept beside `ratio_interval` as the well-known alternative its coverage is measured against. Efron (1979),
    Ann. Stat. 7:1; one row of multinomial weights per replicate instead of drawn indices.
    """
    n, d = np.asarray(over, float), np.asarray(under, float)
    clusters = int((d > 0).sum())
    estimate = float(n.sum() / d.sum()) if d.sum() > 0 else np.nan
    if clusters < minimum_clusters:
        return Interval(estimate, np.nan, np.nan, clusters, "bootstrap")
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(n), np.full(len(n), 1 / len(n)), size=replicates)
    below = weights @ d
    drawn = (weights @ n)[below > 0] / below[below > 0]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(estimate, float(low), float(high), clusters, "bootstrap")


def heterogeneity_p(successes, trials, blocks, *, seed: int, replicates: int = 1999) -> float:
    """Do groups of the same block differ in their rate by more than chance? A permutation test.

    Successes are shuffled among the trials of each block. The statistic is the sum over groups of
    (successes − trials · block's rate)² / (rate · (1 − rate)), Tarone's score (1979, Biometrika 66:585),
    which big groups dominate and single trials hardly move. Blocks of one group or one kind add nothing.

    Counting shuffled labels per group is a draw from the multivariate hypergeometric distribution, which is
    drawn directly.

    Returns
    -------
    float
        P-value; NaN if no block can tell.
    """
    k, n = np.asarray(successes, dtype=np.int64), np.asarray(trials, dtype=np.int64)
    rng = np.random.default_rng(seed)
    observed, drawn, informative = 0.0, np.zeros(replicates), 0
    for members in _members(blocks):
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


def mantel_haenszel(cells: pd.DataFrame, *, minimum_clusters: int) -> Interval:
    """Ratio of two rates, exposed over others, compared within strata and resampled over business users.

    Mantel & Haenszel (1959), J. Nat. Cancer Inst. 22:719; for rates Rothman (1986), Modern Epidemiology. Only
    strata with both kinds say something, so a user's habits can't pass for an effect.

    Parameters
    ----------
    cells : DataFrame
        ``user_id, stratum`` (any), ``is_exposed`` (bool), ``events, trials`` (counts); rows are summed.

    Returns
    -------
    Interval
        Of the ratio, on the log scale.
    """
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
    return jackknife_interval(
        strata.groupby(level="user_id").sum(),
        lambda s: np.asarray(s["over"]) / np.asarray(s["under"]),
        weight="weight",
        minimum_clusters=minimum_clusters,
        scale="log",
    )


def permute_within(values: np.ndarray, blocks, *, seed: int, replicates: int) -> np.ndarray:
    """Shuffle `values` within blocks, once per replicate.

    Returns
    -------
    ndarray
        ``replicates`` × len(values).
    """
    values = np.asarray(values)
    rng = np.random.default_rng(seed)
    drawn = np.empty((replicates, len(values)), dtype=values.dtype)
    for members in _members(blocks):
        drawn[:, members] = rng.permuted(np.tile(values[members], (replicates, 1)), axis=1)
    return drawn


def _members(blocks) -> list[np.ndarray]:
    codes, _ = pd.factorize(np.asarray(blocks))
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(order) else []


def permutation_p(observed: float, drawn: np.ndarray) -> float:
    """Share of draws at least as large as observed, the observed one counted among them.

    Phipson & Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9:39: never zero.

    >>> permutation_p(3.0, np.array([1.0, 2.0, 3.0]))
    0.5
    """
    tolerance = 1e-9 * max(abs(observed), 1.0)
    return float((1 + (drawn >= observed - tolerance).sum()) / (1 + len(drawn)))


def adjust_false_discovery(p_values: dict[str, float]) -> dict[str, float]:
    """Benjamini–Hochberg q-values of one family; untested hypotheses (NaN) stay NaN and don't count.

    Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57:289.

    >>> adjust_false_discovery({"a": 0.01, "b": 0.04, "c": float("nan")})
    {'a': 0.02, 'b': 0.04, 'c': nan}
    """
    tested = [key for key, p in p_values.items() if np.isfinite(p)]
    q = dict.fromkeys(p_values, float("nan"))
    if tested:
        adjusted = stats.false_discovery_control([p_values[key] for key in tested], method="bh")
        q.update({key: float(value) for key, value in zip(tested, adjusted, strict=True)})
    return q
