"""A market's model: its own where it has labels enough, the pooled one of all markets, or rules."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.classification.estimation.estimation import MIN_SLICE, Estimator, fit_estimator, predict
from leadsmart.classification.features.feature_catalogue import MISSING, OPTIONAL_SPECS, SPECS, FeatureSpec
from leadsmart.classification.features.features import META_COLUMNS, Features, build_features
from leadsmart.classification.features.labels import end_of_day, label_leads
from leadsmart.classification.metrics import auc
from leadsmart.classification.texts.text import TextClassifier
from leadsmart.errors import ModelError
from leadsmart.formats import format_count, format_value
from leadsmart.market import Market
from leadsmart.params import Params
from leadsmart.vocabulary import UNIT_AUC

#: Labels of each kind from which a market trusts a model of its own without comparing.
OWN_MODEL_LABELS: Final = 200
#: Labels of each kind, in all, below which there are only rules.
RULES_BELOW: Final = 40

OWN: Final = "own"
POOLED: Final = "pooled"
RULES: Final = "rules"

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


def labelled_features(features: Features, labels: pd.DataFrame) -> pd.DataFrame:
    """Join features and labels; only leads with a label, ordered by arrival.

    Returns
    -------
    DataFrame
        The feature frame with ``label`` (1.0, 0.0) and ``labelled_at``.
    """
    known = labels.loc[labels["label"].notna(), ["lead_id", "label", "labelled_at"]]
    return features.frame.merge(known, on="lead_id", how="inner").sort_values(
        ["arrived_at", "lead_id"], kind="stable", ignore_index=True
    )


def known_at(leads: pd.DataFrame, cutoff: pd.Timestamp, is_final: bool = False) -> pd.DataFrame:
    """Keep leads that arrived before `cutoff` and whose label was known by then.

    Parameters
    ----------
    leads : DataFrame
        As `labelled_features` returns it.
    cutoff : Timestamp
    is_final : bool
        `cutoff` is the end of the data, by which undated verdicts were known too.
    """
    known = leads["labelled_at"] <= cutoff
    if is_final:
        known |= leads["labelled_at"].isna()
    return leads[(leads["arrived_at"] < cutoff) & known]


def training_extract(market: Market) -> pd.DataFrame:
    """Make a market's contribution to the pooled model: labelled leads without ids or contacts.

    Parameters
    ----------
    market : Market

    Returns
    -------
    DataFrame
        One row per labelled lead, ordered by arrival: ``market`` (str), ``target`` (str), ``arrived_at``
        and ``labelled_at`` (moments in UTC; NaT when undated), ``label`` (1.0, 0.0),
        ``is_first_message`` (bool) and one column per feature.
    """
    features = build_features(market)
    leads = labelled_features(features, label_leads(market))
    moments = {c: leads[c].dt.tz_convert("UTC") for c in ("arrived_at", "labelled_at")}
    named = [s.name for s in features.specs if s.name not in META_COLUMNS]
    extract = leads[["market", "arrived_at", "labelled_at", "label", "is_first_message", *named]]
    return extract.assign(**moments, target=market.params.target)


def fit_pooled_model(
    extracts: pd.DataFrame, cutoff: pd.Timestamp, seed: int, target: str, is_final: bool = False
) -> Model:
    """Fit one model on the leads of all markets.

    Parameters
    ----------
    extracts : DataFrame
        What `training_extract` returned for each market, one below the other.
    cutoff : Timestamp
        Only verdicts known by then teach it.
    seed : int
    target : str
        Extracts of another target are left out.
    is_final : bool
        `cutoff` is the end of the data, by which undated verdicts were known too.

    Raises
    ------
    ModelError
        If fewer than 40 labels of each kind were known at `cutoff`.
    """
    train = known_at(extracts[extracts["target"] == target], cutoff, is_final)
    train = _without_gaps(train.sort_values(["arrived_at", "market"], kind="stable", ignore_index=True))
    if fewest_of(train) < RULES_BELOW:
        raise ModelError(
            f"the pooled model needs {RULES_BELOW} labels of each kind", remedy="Add markets, or wait for verdicts",
            count=len(train),
        )  # fmt: skip
    specs = _specs_of(train)
    estimator = fit_estimator(train, specs, seed)
    markets = format_count(train["market"].nunique())
    choice = f"One model of {markets} markets, {estimator.kind}, from {format_count(len(train))} verdicts."
    return _model("all", target, POOLED, estimator, specs, cutoff, train, choice, _no_comparison())


def fit_market_model(
    features: Features,
    labels: pd.DataFrame,
    params: Params,
    as_of: dt.date,
    read_pooled: ExtractsReader | None = None,
    cutoff: pd.Timestamp | None = None,
) -> Model:
    """Fit the model that a market is scored with.

    From 200 labels of each kind a market has its own model. With fewer, the better of its own and the
    pooled one, by AUC on the market's newest labelled leads before the cut-off. Below 40 of each kind in
    all there are only rules.

    Parameters
    ----------
    features : Features
    labels : DataFrame
        As `labels.label_leads` returns it.
    params : Params
    as_of : date
    read_pooled : callable, optional
        Reads the training extracts of all markets; without it there is no pooled model. Never called for a
        market with labels enough or with rules only, which thus does not depend on other markets.
    cutoff : Timestamp, optional
        Only verdicts known by then teach it; the end of `as_of` by default.

    Returns
    -------
    Model
    """
    model = _choose_model(features, labels, params, as_of, read_pooled, cutoff)
    return model if model.estimator is None else replace(model, intent_classifier=features.intent_classifier)


def _choose_model(
    features: Features,
    labels: pd.DataFrame,
    params: Params,
    as_of: dt.date,
    read_pooled: ExtractsReader | None,
    cutoff: pd.Timestamp | None,
) -> Model:
    is_final = cutoff is None
    cutoff = end_of_day(as_of, params.timezone) if cutoff is None else cutoff
    everything = labelled_features(features, labels)
    train = known_at(everything, cutoff, is_final).reset_index(drop=True)

    def rules(reason: str) -> Model:
        return _model(
            params.market, params.target, RULES, None, features.specs, cutoff, train, reason, _no_comparison()
        )

    if fewest_of(everything) < RULES_BELOW:
        return rules(
            f"Rules only, as the market has {_counted(everything)} in all; a model needs {RULES_BELOW} of each."
        )
    fewest = fewest_of(train)
    extracts = read_pooled() if read_pooled and fewest < OWN_MODEL_LABELS else None
    pooled = _pooled_or_none(extracts, cutoff, params, is_final)
    if fewest >= OWN_MODEL_LABELS or (fewest >= RULES_BELOW and pooled is None):
        estimator = fit_estimator(train, features.specs, params.seed)
        choice = f"The market's own model, {estimator.kind}, from {_counted(train)}."
        return _model(
            params.market,
            params.target,
            OWN,
            estimator,
            features.specs,
            cutoff,
            train,
            choice,
            _no_comparison(),
        )
    if pooled is None:
        return rules(
            f"Rules only, as just {_counted(train)} were known to be so when the newer leads arrived; "
            f"a model needs {RULES_BELOW} of each."
        )
    return _better_of(features, train, params, cutoff, pooled, extracts)


def predict_probability(model: Model, frame: pd.DataFrame) -> np.ndarray:
    """Return the calibrated probability of each lead; NaN where the market has only rules."""
    if model.estimator is None:
        return np.full(len(frame), np.nan)
    return predict(model.estimator, _without_gaps(frame))


def _better_of(
    features: Features,
    train: pd.DataFrame,
    params: Params,
    cutoff: pd.Timestamp,
    pooled: Model,
    extracts: pd.DataFrame,
) -> Model:
    options = {POOLED: pooled}
    comparison = _no_comparison()
    reason = f"the market knows only {_counted(train)} in time"
    newest = train.iloc[int(0.8 * len(train)) :]
    start = newest["arrived_at"].min()
    # both options know what was known when the newest leads arrived, or the comparison favours one
    earlier = known_at(train, start)
    if fewest_of(train) >= RULES_BELOW and min(fewest_of(newest), fewest_of(earlier)) >= MIN_SLICE // 2:
        own_then = fit_estimator(earlier, features.specs, params.seed)
        pooled_then = _pooled_or_none(extracts, start, params, is_final=False)
        scores = {OWN: predict(own_then, newest)}
        if pooled_then is not None:
            scores[POOLED] = predict_probability(pooled_then, newest)
        aucs = {name: auc(newest["label"].to_numpy(dtype=float), s) for name, s in scores.items()}
        best = max(aucs, key=lambda name: aucs[name])
        comparison = pd.DataFrame(
            [(name, value, name == best) for name, value in aucs.items()],
            columns=["option", "auc", "is_chosen"],
        )
        shown = {name: format_value(value, UNIT_AUC) for name, value in aucs.items()}
        reason = f"AUC on the newest {format_count(len(newest))} verdicts: " + ", ".join(
            f"{name} {value}" for name, value in shown.items()
        )
        if best == OWN:
            estimator = fit_estimator(train, features.specs, params.seed)
            choice = (
                f"The market's own model, {estimator.kind}, as it did better than the pooled one ({reason})."
            )
            return _model(
                params.market,
                params.target,
                OWN,
                estimator,
                features.specs,
                cutoff,
                train,
                choice,
                comparison,
            )
    chosen = options[POOLED]
    choice = f"The pooled model of all markets, {chosen.estimator.kind}: {reason}."
    return Model(
        market=params.market, target=params.target, origin=POOLED, estimator=chosen.estimator, specs=chosen.specs,
        cutoff=cutoff, period=chosen.period, n_qualified=chosen.n_qualified, n_disqualified=chosen.n_disqualified,
        choice=choice, comparison=comparison,
    )  # fmt: skip


def _pooled_or_none(
    extracts: pd.DataFrame | None, cutoff: pd.Timestamp, params: Params, is_final: bool
) -> Model | None:
    if extracts is None or extracts.empty:
        return None
    try:
        return fit_pooled_model(extracts, cutoff, params.seed, params.target, is_final)
    except ModelError:
        return None


def _model(
    market: str,
    target: str,
    origin: str,
    estimator: Estimator | None,
    specs: tuple[FeatureSpec, ...],
    cutoff: pd.Timestamp,
    train: pd.DataFrame,
    choice: str,
    comparison: pd.DataFrame,
) -> Model:
    period = (train["arrived_at"].min(), train["arrived_at"].max()) if len(train) else None
    good = int((train["label"] == 1).sum())
    return Model(
        market, target, origin, estimator, specs, cutoff, period, good, len(train) - good, choice, comparison
    )


def _specs_of(train: pd.DataFrame) -> tuple[FeatureSpec, ...]:
    declared = [s for s in (*SPECS, *OPTIONAL_SPECS) if s.name in train]
    names = {s.name for s in declared} | {"label", "labelled_at", "target", *META_COLUMNS}
    extra = [FeatureSpec(c, "category", "arrival", c, c) for c in train.columns if c not in names]
    return (*declared, *extra)


def _without_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill what only some markets' exports have: an absent message is empty, an absent category missing."""
    text = {c: frame[c].fillna("") for c in ("message",) if c in frame}
    words = {
        c: frame[c].fillna(MISSING)
        for c in frame.columns
        if c not in META_COLUMNS and c != "message" and isinstance(frame[c].dtype, pd.StringDtype)
    }
    return frame.assign(**text, **words)


def fewest_of(leads: pd.DataFrame) -> int:
    """Count the labels of the rarer kind."""
    good = int((leads["label"] == 1).sum())
    return min(good, len(leads) - good)


def _counted(leads: pd.DataFrame) -> str:
    good = int((leads["label"] == 1).sum())
    return f"{format_count(good)} qualified and {format_count(len(leads) - good)} not qualified leads"


def _no_comparison() -> pd.DataFrame:
    return pd.DataFrame({"option": [], "auc": [], "is_chosen": []})
