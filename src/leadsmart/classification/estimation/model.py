"""A market's model: its own where it has labels enough, the pooled one of all markets, or rules."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.classification.estimation.dataset import (
    LEAKS,
    Dataset,
    count_labels,
    describe_labels,
    known_at,
)
from leadsmart.classification.estimation.estimation import MIN_SLICE, Estimator, fit_estimator, predict
from leadsmart.classification.features.feature_catalogue import MISSING, OPTIONAL_SPECS, SPECS, FeatureSpec
from leadsmart.classification.features.features import META_COLUMNS
from leadsmart.classification.features.labels import end_of_day
from leadsmart.classification.metrics import auc
from leadsmart.classification.texts.text import TextClassifier
from leadsmart.errors import ModelError
from leadsmart.formats import format_count, format_value
from leadsmart.vocabulary import UNIT_AUC

#: Labels of each kind from which a market trusts a model of its own without comparing.
OWN_MODEL_LABELS: Final = 200
#: Labels of each kind, in all, below which there are only rules.
RULES_BELOW: Final = 40

OWN: Final = "own"
POOLED: Final = "pooled"
RULES: Final = "rules"

_NO_COMPARISON: Final = pd.DataFrame({"option": [], "auc": [], "is_chosen": []})

#: Reads the training extracts of all markets; called only where the market's own labels do not suffice.
ExtractsReader = Callable[[], pd.DataFrame]


@dataclass(frozen=True)
class Model:
    """A fitted score of one market, or the decision to have none.

    Attributes
    ----------
    market, target : str
    origin : str
        ``own``, ``pooled`` or ``rules``.
    estimator : Estimator or None
        None with rules.
    specs : tuple of FeatureSpec
    cutoff : Timestamp
        Only verdicts known by then taught it.
    period : (Timestamp, Timestamp) or None
        Arrival of the first and the last lead it learned from.
    n_qualified, n_disqualified : int
        Labels it learned from.
    choice : str
        Why this origin and this estimator, in words.
    comparison : DataFrame
        One row per option compared: ``option``, ``auc`` on later leads, ``is_chosen``.
    intent_classifier : TextClassifier or None
        Predicts what the messages of leads to be scored ask for (`features.compute_features`).
    leaks : tuple of str
        Columns of leads that are no answers although declared; leads to be scored are read without them.
    """

    market: str
    target: str
    origin: str
    estimator: Estimator | None
    specs: tuple[FeatureSpec, ...]
    cutoff: pd.Timestamp
    period: tuple[pd.Timestamp, pd.Timestamp] | None
    n_qualified: int
    n_disqualified: int
    choice: str
    comparison: pd.DataFrame
    intent_classifier: TextClassifier | None = None
    leaks: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Kind of its estimator, or ``rules``."""
        return self.estimator.kind if self.estimator else RULES


def fit_pooled_model(
    extracts: pd.DataFrame, cutoff: pd.Timestamp, seed: int, target: str, is_final: bool = False
) -> Model:
    """Fit one model on the leads of all markets.

    Parameters
    ----------
    extracts : DataFrame
        What `dataset.training_extract` returned for each market, one below the other.
    cutoff : Timestamp
        Only verdicts known by then teach it.
    seed : int
    target : str
        Extracts of another target are left out.
    is_final : bool
        `cutoff` is the end of the data, by which undated verdicts were known too.

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        If fewer than 40 labels of each kind were known at `cutoff`.
    """
    train = _pooled_leads(extracts, cutoff, target, is_final)
    if min(count_labels(train)) < RULES_BELOW:
        raise ModelError(
            f"the pooled model needs {RULES_BELOW} labels of each kind", remedy="Add markets, or wait for verdicts",
            count=len(train),
        )  # fmt: skip
    train = _without_gaps(train.sort_values(["arrived_at", "market"], kind="stable", ignore_index=True))
    specs = _specs_of(train)
    estimator = fit_estimator(train, specs, seed)
    markets = format_count(train["market"].nunique())
    choice = f"One model of {markets} markets, {estimator.kind}, from {format_count(len(train))} verdicts."
    untrained = _untrained("all", target, specs, cutoff, train)
    return replace(untrained, origin=POOLED, estimator=estimator, choice=choice)


def fit_market_model(
    dataset: Dataset, read_pooled: ExtractsReader | None = None, cutoff: pd.Timestamp | None = None
) -> Model:
    """Fit the model that a market is scored with.

    From 200 labels of each kind a market has its own model. With fewer, the better of its own and the
    pooled one, by AUC on the market's newest labelled leads before the cut-off. Below 40 of each kind in
    all there are only rules.

    Parameters
    ----------
    dataset : Dataset
    read_pooled : callable, optional
        Reads the training extracts of all markets; without it there is no pooled model. Never called for a
        market with labels enough or with rules only, which thus does not depend on other markets.
    cutoff : Timestamp, optional
        Only verdicts known by then teach it; the end of `as_of` by default.

    Returns
    -------
    Model
    """
    params, specs, is_final = dataset.market.params, dataset.features.specs, cutoff is None
    if cutoff is None:
        cutoff = end_of_day(dataset.market.as_of, params.timezone)
    train = known_at(dataset.labelled, cutoff, is_final).reset_index(drop=True)
    untrained = _untrained(params.market, params.target, specs, cutoff, train)
    if min(count_labels(dataset.labelled)) < RULES_BELOW:
        counted = describe_labels(dataset.labelled)
        reason = f"as the market has {counted} in all; a model needs {RULES_BELOW} of each"
        return replace(untrained, choice=f"Rules only, {reason}.")
    fewest, counted = min(count_labels(train)), describe_labels(train)
    extracts = read_pooled() if read_pooled and fewest < OWN_MODEL_LABELS else pd.DataFrame()
    has_pooled = min(count_labels(_pooled_leads(extracts, cutoff, params.target, is_final))) >= RULES_BELOW
    if fewest < RULES_BELOW and not has_pooled:
        reason = f"as just {counted} were known to be so when the newer leads arrived; a model needs {RULES_BELOW} of each"
        return replace(untrained, choice=f"Rules only, {reason}.")
    comparison, reason = _compare_origins(dataset, train, extracts) if has_pooled else (_NO_COMPARISON, "")
    chosen = comparison.loc[comparison["is_chosen"].astype(bool), "option"].tolist()
    if has_pooled and chosen != [OWN]:
        pooled = fit_pooled_model(extracts, cutoff, params.seed, params.target, is_final)
        choice = f"The pooled model of all markets, {pooled.kind}: {reason}."
        model = replace(pooled, market=params.market, choice=choice, comparison=comparison)
    else:
        estimator = fit_estimator(train, specs, params.seed)
        why = f"as it did better than the pooled one ({reason})" if has_pooled else f"from {counted}"
        choice = f"The market's own model, {estimator.kind}, {why}."
        model = replace(untrained, origin=OWN, estimator=estimator, choice=choice, comparison=comparison)
    columns = tuple(leak.column for leak in dataset.leaks)
    return replace(model, intent_classifier=dataset.features.intent_classifier, leaks=columns)


def predict_probability(model: Model, frame: pd.DataFrame) -> np.ndarray:
    """Return the calibrated probability of each lead; NaN where the market has only rules."""
    if model.estimator is None:
        return np.full(len(frame), np.nan)
    return predict(model.estimator, _without_gaps(frame))


def _compare_origins(
    dataset: Dataset, train: pd.DataFrame, extracts: pd.DataFrame
) -> tuple[pd.DataFrame, str]:
    """Own and pooled model on the market's newest leads, each knowing what was known when these arrived.

    With one more recent than the other the comparison would favour it. Where labels are too few to compare the table
    is empty.
    """
    params = dataset.market.params
    newest = train.iloc[int(0.8 * len(train)) :]
    start = newest["arrived_at"].min()
    earlier = known_at(train, start)
    fewest = min(*count_labels(newest), *count_labels(earlier))
    if min(count_labels(train)) < RULES_BELOW or fewest < MIN_SLICE // 2:
        return _NO_COMPARISON, f"the market knows only {describe_labels(train)} in time"
    scores = {OWN: predict(fit_estimator(earlier, dataset.features.specs, params.seed), newest)}
    if min(count_labels(_pooled_leads(extracts, start, params.target))) >= RULES_BELOW:
        pooled = fit_pooled_model(extracts, start, params.seed, params.target)
        scores[POOLED] = predict_probability(pooled, newest)
    label = newest["label"].to_numpy(dtype=float)
    aucs = {origin: auc(label, score) for origin, score in scores.items()}
    best = max(aucs, key=lambda origin: aucs[origin])
    comparison = pd.DataFrame(
        [(origin, value, origin == best) for origin, value in aucs.items()],
        columns=_NO_COMPARISON.columns,
    )
    shown = ", ".join(f"{origin} {format_value(value, UNIT_AUC)}" for origin, value in aucs.items())
    return comparison, f"AUC on the newest {format_count(len(newest))} verdicts: {shown}"


def _pooled_leads(
    extracts: pd.DataFrame, cutoff: pd.Timestamp, target: str, is_final: bool = False
) -> pd.DataFrame:
    """The leads of all markets that a pooled model learns from."""
    if extracts.empty:
        return pd.DataFrame({"label": []})
    leads = known_at(extracts[extracts["target"] == target], cutoff, is_final)
    # what was written after the arrival in one market is no answer in another, where leads are too few to tell
    leaks = {column for named in extracts[LEAKS].unique() for column in named.split(",") if column}
    return leads.drop(columns=[LEAKS, *leaks], errors="ignore")


def _untrained(
    market: str, target: str, specs: tuple[FeatureSpec, ...], cutoff: pd.Timestamp, train: pd.DataFrame
) -> Model:
    """Rules, with what a model would learn from."""
    period = (train["arrived_at"].min(), train["arrived_at"].max()) if len(train) else None
    return Model(market, target, RULES, None, specs, cutoff, period, *count_labels(train), "", _NO_COMPARISON)


def _specs_of(train: pd.DataFrame) -> tuple[FeatureSpec, ...]:
    declared = [s for s in (*SPECS, *OPTIONAL_SPECS) if s.name in train]
    names = {s.name for s in declared} | {"label", "labelled_at", "target", *META_COLUMNS}
    extra = [FeatureSpec(c, "category", "arrival", c, c) for c in train.columns if c not in names]
    return (*declared, *extra)


def _without_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill what only some markets' exports have: an absent message is empty, an absent category missing."""
    named = [
        c
        for c in frame
        if c == "message" or (c not in META_COLUMNS and isinstance(frame[c].dtype, pd.StringDtype))
    ]
    return frame.assign(**{str(c): frame[c].fillna("" if c == "message" else MISSING) for c in named})
