"""How good the score is on the newest leads, beside a dummy, and whether to act on it."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.classification.estimation.dataset import Dataset, TimeSplit, count_labels
from leadsmart.classification.estimation.estimation import BOOSTING
from leadsmart.classification.estimation.model import (
    RULES,
    RULES_BELOW,
    ExtractsReader,
    Model,
    fit_market_model,
    predict_probability,
)
from leadsmart.classification.features.features import find_suspects
from leadsmart.classification.judging.capacity import (
    BAND_COLUMNS,
    CALL_COLUMNS,
    GAIN_COLUMNS,
    bands_table,
    calls_table,
    gains_table,
)
from leadsmart.classification.judging.splits import COMPARED_COLUMNS, compare_splits
from leadsmart.classification.judging.verdict import Verdict, judge
from leadsmart.classification.metrics import (
    ECE_BINS,
    MEASURES,
    auc_interval,
    calibration_bins,
    choose_clusters,
    cluster_weights,
    estimate,
    measure,
    noise_calibration_error,
)
from leadsmart.params import Params
from leadsmart.suppression import SUPPRESSED, hide_few
from leadsmart.vocabulary import USE_PROBABILITY

FIGURE_COLUMNS: Final = ("measure", "label", "unit", "value", "low", "high", "dummy")
SPLIT_COLUMNS: Final = (*COMPARED_COLUMNS, "decides")
RELIABILITY_COLUMNS: Final = ("bin", "leads", "predicted", "observed", "low", "high")
GROUP_FIGURES: Final = ("qualified_rate", "predicted", "auc", "auc_low", "auc_high")
GROUP_COLUMNS: Final = ("by", "group", "leads", *GROUP_FIGURES, SUPPRESSED)
PREDICTION_COLUMNS: Final = ("lead_id", "user_id", "campaign_id", "arrived_at", "label", "probability")
#: Labels of each kind from which a group of leads has an AUC of its own.
GROUP_LABELS: Final = 20


@dataclass(frozen=True)
class Evaluation:
    """A model judged on leads newer than all it learned from.

    Attributes
    ----------
    model : Model
        The model as it would have been when the first test lead arrived, not the one that scores.
    cutoff : Timestamp or None
        That moment; None if no lead has a label.
    interval_basis : str
        What was resampled: ``business users``, ``campaigns``, or empty (no intervals).
    figures : DataFrame
        One row per measure: ``measure``, ``label``, ``unit``, ``value``, ``low``, ``high``, ``dummy`` (of
        saying the qualified rate of the training leads of everybody).
    splits : DataFrame
        One row per way to hold leads back, the deciding one first: ``split``, ``n_train``, ``n_test``,
        ``auc``, ``auc_low``, ``auc_high``, ``decides``.
    reliability : DataFrame
        One row per bin of scores: ``bin``, ``leads``, ``predicted``, ``observed``, ``low``, ``high``
        (Wilson).
    gains : DataFrame
        One row per percent of leads called: ``called`` (share), ``found`` (share of the qualified),
        ``without_score`` (share), ``qualified_rate`` (among those called), ``lowest_probability``
        (missing where probabilities are not to be used), ``calls_saved`` (share of the calls that random order
        needs for as many qualified leads).
    calls : DataFrame
        The same for a few capacities of calls, with intervals: as `capacity.calls_table` returns it.
    bands : DataFrame
        One row per band of scores, best first: ``band``, ``leads``, ``predicted``, ``observed`` with ``low``,
        ``high``. Bands are grades, or fifths of the leads without ``predicted`` where probabilities are not to be
        used.
    groups : DataFrame
        One row per group of leads: ``by``, ``group``, ``leads``, ``qualified_rate``, ``predicted``,
        ``auc``, ``auc_low``, ``auc_high`` (NaN below 20 leads of a kind), ``suppressed`` (why a group's figures
        are hidden, or "").
    predictions : DataFrame
        One row per test lead: ``lead_id``, ``user_id``, ``campaign_id``, ``arrived_at``, ``label``,
        ``probability``.
    suspects : tuple of str
        Form fields that were left out as leaks, and features that alone look too good to be true.
    verdict : Verdict
    """

    model: Model
    cutoff: pd.Timestamp | None
    interval_basis: str
    figures: pd.DataFrame
    splits: pd.DataFrame
    reliability: pd.DataFrame
    gains: pd.DataFrame
    calls: pd.DataFrame
    bands: pd.DataFrame
    groups: pd.DataFrame
    predictions: pd.DataFrame
    suspects: tuple[str, ...]
    verdict: Verdict


def evaluate_model(
    dataset: Dataset, read_pooled: ExtractsReader | None = None, has_comparison: bool = True
) -> Evaluation:
    """Judge the market's way to a model on its newest labelled leads.

    The newest 20 % of the labelled leads are held back. The model is chosen, fitted and calibrated on what
    was known when the first of them arrived, and then scores them. Intervals resample whole business users.

    Parameters
    ----------
    dataset : Dataset
    read_pooled : callable, optional
        Reads the training extracts of all markets, see `fit_market_model`.
    has_comparison : bool
        False leaves out the optimistic splits, which take most of the time; ``splits`` then has one row.

    Returns
    -------
    Evaluation
        With rules only, or no labels, tables are empty and the verdict is Not ready.

    Raises
    ------
    ModelError
        If a feature is known only after a lead's arrival.
    """
    params = dataset.market.params
    leaks = tuple(leak.column for leak in dataset.leaks)
    suspects = (*leaks, *find_suspects(dataset.features, dataset.labels))
    if dataset.labelled.empty:
        model = fit_market_model(dataset, read_pooled)
        return _unjudged(model, None, dataset.labelled.assign(probability=np.nan), suspects, params)
    split = dataset.split
    model = fit_market_model(dataset, read_pooled, cutoff=split.cutoff)
    test = split.test.assign(probability=predict_probability(model, split.test))
    unjudged = _unjudged(model, split, test, suspects, params)
    if model.origin == RULES or test["label"].nunique() < 2:
        if min(count_labels(dataset.labelled)) < RULES_BELOW:
            return unjudged
        return replace(unjudged, splits=_splits(dataset, model, [np.nan] * 3, has_comparison))
    clusters = choose_clusters(test, params.minimum_users)
    weights = cluster_weights(clusters, params.seed)
    label, probability = test["label"].to_numpy(dtype=float), test["probability"].to_numpy()
    base_rate = model.n_qualified / (model.n_qualified + model.n_disqualified)
    figures = _figures(label, probability, base_rate, weights, clusters.basis)
    noise = noise_calibration_error(probability, params.seed)
    verdict = judge(figures, label, noise, suspects, model, params, clusters.basis)
    gains = gains_table(label, probability)
    calls = calls_table(label, probability, weights, clusters.basis)
    if verdict.use != USE_PROBABILITY:
        # a threshold that nobody may read as a chance, on a list that shows none
        gains, calls = gains.assign(lowest_probability=np.nan), calls.assign(lowest_probability=np.nan)
    decisive = figures.loc[figures["measure"] == "roc_auc", ["value", "low", "high"]].to_numpy()[0].tolist()
    return replace(
        unjudged,
        interval_basis=clusters.basis,
        figures=figures,
        splits=_splits(dataset, model, decisive, has_comparison),
        reliability=reliability_table(label, probability),
        gains=gains,
        calls=calls,
        bands=bands_table(label, probability, weights, clusters.basis, params, verdict.use),
        groups=_groups(test, params),
        verdict=verdict,
    )


def reliability_table(label: np.ndarray, probability: np.ndarray, bins: int = ECE_BINS) -> pd.DataFrame:
    """Compare predicted and observed rates in bins of about equal count.

    Parameters
    ----------
    label : ndarray
    probability : ndarray
    bins : int

    Returns
    -------
    DataFrame
        One row per bin, lowest first: ``bin`` (1, 2, …), ``leads``, ``predicted``, ``observed`` (shares),
        ``low``, ``high`` (Wilson 95 % of observed).
    """
    table = pd.DataFrame({"bin": calibration_bins(probability, bins), "p": probability, "y": label})
    grouped = table.groupby("bin").agg(leads=("y", "size"), predicted=("p", "mean"), observed=("y", "mean"))
    low, high = _wilson(grouped["observed"].to_numpy(), grouped["leads"].to_numpy())
    grouped = grouped.assign(low=low, high=high).reset_index(drop=True)
    grouped.insert(0, "bin", np.arange(1, len(grouped) + 1))
    return grouped


def _figures(
    label: np.ndarray, probability: np.ndarray, base_rate: float, weights: np.ndarray, basis: str
) -> pd.DataFrame:
    draws = measure(label, probability, weights)
    dummy = measure(label, np.full(len(label), base_rate), weights[:1]).iloc[0]
    rows = [
        (name, words, unit, *estimate(draws[name].to_numpy(), basis), float(dummy[name]))
        for name, (words, unit) in MEASURES.items()
    ]
    return pd.DataFrame(rows, columns=list(FIGURE_COLUMNS))


def _splits(dataset: Dataset, model: Model, decisive: list[float], has_comparison: bool) -> pd.DataFrame:
    """The deciding split with its AUC, low and high, and the optimistic ones."""
    n_train, n_test = model.n_qualified + model.n_disqualified, len(dataset.split.test)
    rows = [("later leads", n_train, n_test, *decisive)]
    if has_comparison:
        kind = model.estimator.kind if model.estimator else BOOSTING
        specs = tuple(s for s in model.specs if s.name in dataset.labelled)
        rows += compare_splits(dataset.labelled, specs, kind, dataset.market.params)
    table = pd.DataFrame(rows, columns=list(COMPARED_COLUMNS))
    return table.assign(decides=table.index == 0)


def _groups(test: pd.DataFrame, params: Params) -> pd.DataFrame:
    filled = test["filled_share"]
    # where most forms are equally empty, "more than most" is anything beyond that
    middle = filled.median() if filled.median() > filled.min() else filled[filled > filled.min()].min()
    ways = {
        "channel": test["channel"],
        "form filled in": (filled >= middle).map({True: "more than most", False: "less than most"}),
    }
    if "message_language" in test:
        ways["language of the message"] = test["message_language"]
    # one group is no comparison: its figures are those of all
    rows = [
        (by, str(group), len(part), part["label"].mean(), part["probability"].mean(), *_auc_of(part, params))
        for by, keys in ways.items()
        if keys.nunique() > 1
        for group, part in test.groupby(keys.to_numpy())
    ]
    groups = pd.DataFrame(rows, columns=list(GROUP_COLUMNS[:-1]))
    return hide_few(groups, "leads", GROUP_FIGURES, params.minimum_people, within=[("by",)])


def _auc_of(part: pd.DataFrame, params: Params) -> tuple[float, float, float]:
    if min(count_labels(part)) < GROUP_LABELS:
        return np.nan, np.nan, np.nan
    label, probability = part["label"].to_numpy(dtype=float), part["probability"].to_numpy()
    return auc_interval(label, probability, choose_clusters(part, params.minimum_users), params.seed)


def _unjudged(
    model: Model, split: TimeSplit | None, test: pd.DataFrame, suspects: tuple[str, ...], params: Params
) -> Evaluation:
    """An evaluation without any figure."""
    label = test["label"].to_numpy(dtype=float)
    figures = pd.DataFrame(columns=list(FIGURE_COLUMNS))
    return Evaluation(
        model=model,
        cutoff=None if split is None else split.cutoff,
        interval_basis="",
        figures=figures,
        splits=pd.DataFrame(columns=list(SPLIT_COLUMNS)),
        reliability=pd.DataFrame(columns=list(RELIABILITY_COLUMNS)),
        gains=pd.DataFrame(columns=list(GAIN_COLUMNS)),
        calls=pd.DataFrame(columns=list(CALL_COLUMNS)),
        bands=pd.DataFrame(columns=list(BAND_COLUMNS)),
        groups=pd.DataFrame(columns=list(GROUP_COLUMNS)),
        predictions=test[list(PREDICTION_COLUMNS)],
        suspects=suspects,
        verdict=judge(figures, label, np.nan, suspects, model, params, ""),
    )


def _wilson(rate: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    z = 1.959964
    centre = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return centre - half, centre + half
