"""Evidence that a form field was written after the lead arrived, kind by kind: a sentence, or nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.model_selection import GroupKFold

from leadsmart.classification.estimation.estimation import LOGISTIC, Fold, predict_held_out
from leadsmart.classification.features.encoding import MIN_LEADS_PER_LEVEL
from leadsmart.classification.features.feature_catalogue import MISSING, FeatureSpec
from leadsmart.classification.metrics import (
    Clusters,
    auc,
    auc_draws,
    choose_clusters,
    cluster_weights,
    estimate,
)
from leadsmart.formats import format_count, format_interval, format_percent, format_value
from leadsmart.person_names import share_of_names
from leadsmart.vocabulary import UNIT_AUC, UNTOUCHED_STATUSES

#: Leads of each of two groups, and labels of each kind, below which they are not compared.
MIN_GROUP: Final = 20
FOLDS: Final = 5
#: A field is filled after the status moved where its odds of being filled differ by this factor, beyond doubt.
FILLED_ODDS: Final = 5.0
FILLED_POINTS: Final = 0.1
#: Standard errors that stand for "beyond doubt": many fields of many markets are tested every month.
DOUBT: Final = 4.0
#: Answers that a person gives on arrival order leads with an AUC of about 0.6 to 0.7.
COPY_AUC: Final = 0.8
HONEST_AUC: Final = 0.7
#: Leads of a value that have the same outcome, and leads with such values among the filled, or among those of that
#: outcome, as shares.
PURE_VALUE: Final = 0.9
PURE_LEADS: Final = 0.5
PURE_OUTCOME: Final = 0.2
#: Leads whose status a field tells beyond what their campaign tells, as a share of all.
COPIED_STATUS: Final = 0.1
PERMUTATIONS: Final = 40
CHANCE_AUC: Final = 0.5
#: AUC alone below which a field can't add much to others.
SHOWN_AUC: Final = 0.6
#: AUC that a field must not add, not even at the lower end of its interval.
JUMP_AUC: Final = 0.08
#: Correlation of ranks with the arrival, and share of its variance that values explain among other businesses.
TIME_CORRELATION: Final = 0.9
TIME_VARIANCE: Final = 0.95
#: Share of distinct values that are names of people.
STAFF_SHARE: Final = 0.5
#: Share of the leads stated by several files whose answer may differ: slips of the export itself.
CHANGED_SHARE: Final = 0.01
CHANGED_LEADS: Final = 3


@dataclass(frozen=True)
class Answers:
    """The answers to one field, with what is known of the leads.

    Attributes
    ----------
    values : Series of str
        "missing" where nothing was answered.
    levels : Series of str
        The same with "other" for values that few leads share.
    leads : DataFrame
        Same index: feature frame with ``status``, ``outcome`` and ``label``.
    labelled : DataFrame
        Those with a label, in the same order.
    base : tuple of FeatureSpec
        What a score reads beside the form.
    seed : int
    minimum_users : int
    changed : Series of str
        Fields that differ between files, see `MarketTables`.
    """

    values: pd.Series
    levels: pd.Series
    leads: pd.DataFrame
    labelled: pd.DataFrame
    base: tuple[FeatureSpec, ...]
    seed: int
    minimum_users: int
    changed: pd.Series

    @property
    def is_filled(self) -> np.ndarray:
        """Leads with an answer."""
        return self.values.ne(MISSING).to_numpy()


def _changed(answers: Answers, column: str) -> str:
    stated = answers.changed.notna()
    differs = int(answers.changed[stated].str.split(",").map(lambda names: column in names).sum())
    if differs < max(CHANGED_LEADS, CHANGED_SHARE * stated.sum()):
        return ""
    return (
        f"{format_count(differs)} of {format_count(stated.sum())} leads that several files state have another value in "
        "a later file."
    )


def _staff(answers: Answers, column: str) -> str:
    counts = answers.values[answers.is_filled].value_counts()
    shared = counts[counts >= MIN_LEADS_PER_LEVEL]
    share = share_of_names(list(shared.index))
    if len(shared) < 2 or share < STAFF_SHARE:
        return ""
    return (
        f"{format_percent(share)} of its {format_count(len(shared))} values are names of people, each shared by "
        f"{format_count(shared.median())} leads in the median: who handled the lead, not what the lead said."
    )


def _filled_after(answers: Answers, column: str) -> str:
    touched = ~answers.leads["status"].isin(UNTOUCHED_STATUSES).to_numpy()
    label = answers.leads["label"].to_numpy()
    decided = ~np.isnan(label)
    every = np.ones(len(label), dtype=bool)
    for rows, group, words in (
        (every, touched, ("leads whose status moved", "untouched ones")),
        (every, decided, ("leads with a verdict", "those without")),
        (decided, label == 1, ("qualified leads", "disqualified ones")),
    ):
        odds, low = _filled_odds(answers.is_filled[rows], group[rows], answers.leads["campaign_id"][rows])
        shares = [
            answers.is_filled[rows & part].mean() if (rows & part).any() else 0 for part in (group, ~group)
        ]
        if np.isfinite(odds) and low > np.log(FILLED_ODDS) and abs(shares[0] - shares[1]) >= FILLED_POINTS:
            return (
                f"It is filled for {format_percent(shares[0])} of the {words[0]} and for {format_percent(shares[1])} of "
                f"{words[1]} of the same campaigns."
            )
    return ""


def _filled_odds(filled: np.ndarray, group: np.ndarray, campaign: pd.Series) -> tuple[float, float]:
    """Mantel-Haenszel log odds ratio of being filled within campaigns, away from 0, and its lower bound.

    The variance is that of Robins, Breslow and Greenland (1986). Half a lead in each cell of the largest campaign keeps
    an odds ratio that would be infinite finite.
    """
    if min(group.sum(), (~group).sum()) < MIN_GROUP:
        return np.nan, np.nan
    codes, _ = pd.factorize(campaign)
    a, b, c, d = (
        np.bincount(codes, weights=cell).astype(float)
        for cell in (group & filled, group & ~filled, ~group & filled, ~group & ~filled)
    )
    largest = int(np.argmax(a + b + c + d))
    for cell in (a, b, c, d):
        cell[largest] += 0.5
    n = a + b + c + d
    p, q, r, s = (a + d) / n, (b + c) / n, a * d / n, b * c / n
    total_r, total_s = r.sum(), s.sum()
    variance = (
        (p * r).sum() / (2 * total_r**2)
        + (p * s + q * r).sum() / (2 * total_r * total_s)
        + (q * s).sum() / (2 * total_s**2)
    )
    odds = abs(np.log(total_r / total_s))
    return odds, odds - DOUBT * np.sqrt(variance)


def _one_outcome(answers: Answers, column: str) -> str:
    filled = answers.leads[answers.is_filled]
    levels = answers.levels[answers.is_filled]
    if len(filled) < MIN_GROUP:
        return ""
    for outcome in sorted(filled["outcome"].unique()):
        has = answers.leads["outcome"].eq(outcome).astype(float)
        expected = has.groupby(answers.leads["campaign_id"]).transform("mean")[filled.index]
        cells = {
            "n": 1.0,
            "hits": has[filled.index],
            "expected": expected,
            "variance": expected * (1 - expected),
        }
        found = pd.DataFrame(cells).groupby(levels).sum()
        is_pure = (found["n"] >= MIN_LEADS_PER_LEVEL) & (found["hits"] >= PURE_VALUE * found["n"])
        is_pure &= found["hits"] - found["expected"] > DOUBT * np.sqrt(found["variance"])
        n, hits, typical, _ = found[is_pure].sum()
        if n and (n >= PURE_LEADS * len(filled) or hits >= PURE_OUTCOME * has.sum()):
            return (
                f"Of the {format_count(n)} leads with some of its values {format_percent(hits / n)} are {outcome}; of all "
                f"leads of the same campaigns {format_percent(typical / n)} are."
            )
    return ""


def _copies_outcome(answers: Answers, column: str) -> str:
    labelled = answers.labelled
    if not _has_labels(labelled):
        return ""
    score = _rates_elsewhere(answers.levels.reindex(_positions(answers)).reset_index(drop=True), labelled)
    area, low, high = _area(labelled, score, answers)
    if area < COPY_AUC or low <= HONEST_AUC:
        return ""
    return (
        f"Alone it tells qualified from disqualified leads of other businesses with AUC "
        f"{format_interval(area, low, high, UNIT_AUC)}; answers that a person gives reach about "
        f"{format_value(HONEST_AUC, UNIT_AUC)}."
    )


def _copies_status(answers: Answers, column: str) -> str:
    levels, _ = pd.factorize(answers.levels)
    status, _ = pd.factorize(answers.leads["status"])
    campaign, _ = pd.factorize(answers.leads["campaign_id"])
    if len(levels) < 2 * MIN_GROUP:
        return ""
    rng = np.random.default_rng(answers.seed)
    order = np.argsort(campaign, kind="stable")
    draws = np.empty(PERMUTATIONS)
    shuffled = np.empty_like(levels)
    for i in range(PERMUTATIONS):
        shuffled[order] = levels[np.lexsort((rng.random(len(levels)), campaign))]
        draws[i] = _hit_rate(shuffled, status)
    hits, typical = _hit_rate(levels, status), draws.mean()
    excess = hits - typical
    if excess < COPIED_STATUS or excess < DOUBT * draws.std():
        return ""
    return (
        f"Its value tells today's status of {format_percent(hits)} of the leads; shuffled within campaigns it tells that of "
        f"{format_percent(typical)}."
    )


def _hit_rate(levels: np.ndarray, status: np.ndarray) -> float:
    """Share of the leads that have the most frequent status of their level."""
    width = int(status.max()) + 1
    table = np.bincount(levels * width + status, minlength=(int(levels.max()) + 1) * width)
    return float(table.reshape(-1, width).max(axis=1).sum() / len(status))


def _encodes_time(answers: Answers, column: str) -> str:
    arrived = answers.leads["arrived_at"].rank().to_numpy()
    filled = answers.is_filled
    if filled.sum() < 2 * MIN_GROUP:
        return ""
    digits = answers.values[filled].str.replace(r"\D+", "", regex=True)
    number = pd.to_numeric(digits.where(digits.str.len().between(1, 15)), errors="coerce").to_numpy(
        dtype=float
    )
    known = ~np.isnan(number)
    if known.mean() >= 0.8 and len(np.unique(number[known])) > FOLDS:
        correlation = float(spearmanr(number[known], arrived[filled][known]).statistic)
        if abs(correlation) >= TIME_CORRELATION:
            return (
                f"Its numbers run with the moment of arrival (rank correlation {format_value(correlation, UNIT_AUC)}): "
                "a running number of the system, no answer."
            )
    explained, covered = _variance_elsewhere(
        answers.levels[filled], arrived[filled], answers.leads["user_id"][filled]
    )
    if covered < 0.5 or explained < TIME_VARIANCE:
        return ""
    return (
        f"Its value tells when a lead of another business arrived ({format_percent(explained)} of the variance): a mark of "
        "the time, no answer."
    )


def _variance_elsewhere(levels: pd.Series, arrived: np.ndarray, user: pd.Series) -> tuple[float, float]:
    """Share of the variance of arrivals that the mean of the level among other users explains, and of leads covered."""
    frame = pd.DataFrame({"level": levels.to_numpy(), "user": user.to_numpy(), "at": arrived})
    by_level, own = (
        frame.groupby(keys)["at"].agg(["sum", "count"]) for keys in (["level"], ["level", "user"])
    )
    keys = pd.MultiIndex.from_frame(frame[["level", "user"]])
    rest = by_level.reindex(frame["level"]).to_numpy() - own.reindex(keys).to_numpy()
    covered = rest[:, 1] > 0
    at = arrived[covered]
    if covered.sum() < 2 * MIN_GROUP or at.std() == 0:
        return 0.0, 0.0
    expected = rest[covered, 0] / rest[covered, 1]
    return float(1 - ((at - expected) ** 2).mean() / at.var()), float(covered.mean())


def _jumps(answers: Answers, column: str) -> str:
    labelled = answers.labelled
    if not _has_labels(labelled):
        return ""
    levels = answers.levels.reindex(_positions(answers)).reset_index(drop=True)
    if auc(labelled["label"].to_numpy(), _rates_elsewhere(levels, labelled)) < SHOWN_AUC:
        return ""
    spec = FeatureSpec(column, "category", "arrival", column, column)
    without, together = (
        _held_out(labelled, specs, answers.seed) for specs in (answers.base, (*answers.base, spec))
    )
    clusters = _clusters(labelled, answers)
    weights = cluster_weights(clusters, answers.seed)
    label = labelled["label"].to_numpy()
    before, after = (auc_draws(label, score, weights) for score in (without, together))
    # a score below chance on other businesses is noise, and getting out of it no jump
    gain, low, high = estimate(after - np.maximum(before, CHANCE_AUC), clusters.basis)
    if after[0] < HONEST_AUC or not low > JUMP_AUC:
        return ""
    return (
        f"With it the AUC on leads of other businesses goes from {format_value(before[0], UNIT_AUC)} to "
        f"{format_value(after[0], UNIT_AUC)} ({format_interval(gain, low, high, UNIT_AUC)} more)."
    )


def _held_out(labelled: pd.DataFrame, specs: tuple[FeatureSpec, ...], seed: int) -> np.ndarray:
    score = np.full(len(labelled), 0.5)
    rows, odds, _ = predict_held_out(labelled, specs, seed, LOGISTIC, _folds(labelled))
    score[rows] = expit(odds)
    return score


def _folds(labelled: pd.DataFrame) -> Iterator[Fold]:
    """Folds of whole business users; of campaigns where there are too few users."""
    for key in ("user_id", "campaign_id"):
        codes, found = pd.factorize(labelled[key].astype(object), use_na_sentinel=False)
        if len(found) >= FOLDS:
            return iter(GroupKFold(FOLDS).split(codes, groups=codes))
    return iter(())


def _rates_elsewhere(levels: pd.Series, labelled: pd.DataFrame) -> np.ndarray:
    """The qualified rate of each lead's level among other businesses, drawn towards that of all."""
    label, codes = labelled["label"].to_numpy(), pd.factorize(levels)[0]
    score = np.full(len(label), label.mean())
    for fit, test in _folds(labelled):
        rate = label[fit].mean()
        width = int(codes.max()) + 1
        n = np.bincount(codes[fit], minlength=width)
        good = np.bincount(codes[fit], weights=label[fit], minlength=width)
        score[test] = ((good + MIN_LEADS_PER_LEVEL * rate) / (n + MIN_LEADS_PER_LEVEL))[codes[test]] - rate
    return score


def _positions(answers: Answers) -> pd.Index:
    return answers.leads.index[answers.leads["label"].notna()]


def _has_labels(labelled: pd.DataFrame) -> bool:
    return min((labelled["label"] == 1).sum(), (labelled["label"] == 0).sum()) >= MIN_GROUP


def _clusters(labelled: pd.DataFrame, answers: Answers) -> Clusters:
    return choose_clusters(labelled, answers.minimum_users)


def _area(labelled: pd.DataFrame, score: np.ndarray, answers: Answers) -> tuple[float, float, float]:
    clusters = _clusters(labelled, answers)
    draws = auc_draws(labelled["label"].to_numpy(), score, cluster_weights(clusters, answers.seed))
    return estimate(draws, clusters.basis)


#: Kinds of leaks, the plainest evidence first.
KINDS: Final[dict[str, Callable[[Answers, str], str]]] = {
    "changed between exports": _changed,
    "a staff name": _staff,
    "filled after the status moved": _filled_after,
    "one outcome per value": _one_outcome,
    "tells the outcome": _copies_outcome,
    "tells the status": _copies_status,
    "tells the time": _encodes_time,
    "lifts the AUC too far": _jumps,
}
