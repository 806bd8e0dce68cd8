"""Why a lead scored as it did, in plain words: what sets it apart from a typical lead."""

from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from leadsmart.classification.encoding import MESSAGE_SCORE, Encoder
from leadsmart.classification.estimation import Estimator, matrix_log_odds
from leadsmart.classification.registry import MISSING, FeatureSpec
from leadsmart.display.formats import format_percent

MAX_REASONS: Final = 2
#: Log-odds that a feature must move a lead to be named: about two percentage points at even odds.
MIN_EFFECT: Final = 0.1
#: Most common levels of a category that a lead is compared with.
MAX_LEVELS: Final = 3
#: Leads on which a feature must have shown such an effect before it is measured on all.
SAMPLE: Final = 500
NOTHING_SPECIAL: Final = "nothing sets this lead apart"


def explain(
    estimator: Estimator, specs: tuple[FeatureSpec, ...], frame: pd.DataFrame, matrix: np.ndarray
) -> pd.Series:
    """Say the main reasons for and against each lead.

    A feature's effect is the change in the score against the same lead with a typical value of that feature
    alone: a number's median, and the common values of a flag or category weighed by how common they are.

    Parameters
    ----------
    estimator : Estimator
    specs : tuple of FeatureSpec
    frame : DataFrame
        Feature frame.
    matrix : array
        The same leads encoded (`estimation.encode_leads`).

    Returns
    -------
    Series of str
        Same rows: ``for: …; against: …``, at most two of each, strongest first.
    """
    names, effects = feature_effects(estimator, matrix)
    spec_of = {s.name: s for s in specs}
    # what all leads of a market share is no reason to call one before another
    effects[:, [spec_of[name].field == "market" for name in names]] = 0.0
    words = [_words(spec_of[name], frame).to_numpy() for name in names]
    if not words:
        return pd.Series(NOTHING_SPECIAL, index=frame.index, dtype="str")
    order = np.argsort(-np.abs(effects), axis=1, kind="stable")
    texts = []
    for i in range(len(frame)):
        sides: dict[bool, list[str]] = {True: [], False: []}
        for j in order[i]:
            effect = effects[i, j]
            if abs(effect) < MIN_EFFECT:
                break
            side = sides[effect > 0]
            if len(side) < MAX_REASONS and words[j][i] not in side:
                side.append(words[j][i])
        texts.append(join_reasons(sides[True], sides[False]))
    return pd.Series(texts, index=frame.index, dtype="str")


def feature_effects(estimator: Estimator, matrix: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Measure each feature's effect on each encoded lead, in calibrated log-odds.

    Returns
    -------
    list of str
        Features, in the encoder's order.
    array, shape (leads, features)
    """
    sources = estimator.encoder.sources
    names = list(dict.fromkeys(sources))
    columns = {name: [i for i, s in enumerate(sources) if s == name] for name in names}
    typical = np.array(estimator.encoder.typical)
    effects = np.zeros((len(matrix), len(names)))
    if isinstance(estimator.classifier, Pipeline):
        impute, scale, linear = (step for _, step in estimator.classifier.steps)
        # scaled values are distances from the mean of the training leads
        parts = scale.transform(impute.transform(matrix)) * linear.coef_[0]
        for j, name in enumerate(names):
            effects[:, j] = parts[:, columns[name]].sum(axis=1)
    else:
        odds = matrix_log_odds(estimator.classifier, matrix)
        sample = np.linspace(0, len(matrix) - 1, min(SAMPLE, len(matrix))).astype(int)
        for j, name in enumerate(names):
            values = _common_values(estimator.encoder, name, typical[columns[name]])
            shown = _occlude(estimator.classifier, matrix[sample], odds[sample], columns[name], values)
            if estimator.slope * np.abs(shown).max(initial=0.0) >= MIN_EFFECT:
                effects[:, j] = _occlude(estimator.classifier, matrix, odds, columns[name], values)
    return names, estimator.slope * effects


def _common_values(encoder: Encoder, name: str, typical: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """List what a feature's columns usually hold, each with its weight."""
    if name in encoder.numbers:
        if encoder.kinds[encoder.numbers.index(name)] != "flag":
            return [(1.0, typical)]
        return [(1 - typical[0], np.zeros(1)), (typical[0], np.ones(1))]
    usual = np.argsort(-typical, kind="stable")[:MAX_LEVELS]
    weights = typical[usual] / typical[usual].sum()
    return [(float(w), np.eye(len(typical))[i]) for w, i in zip(weights, usual, strict=True)]


def _occlude(
    classifier: Any,
    matrix: np.ndarray,
    odds: np.ndarray,
    columns: list[int],
    values: list[tuple[float, np.ndarray]],
) -> np.ndarray:
    effect = np.zeros(len(matrix))
    for weight, replaced in values:
        differs = (matrix[:, columns] != replaced).any(axis=1)
        changed = matrix[differs]
        changed[:, columns] = replaced
        effect[differs] += weight * (odds[differs] - matrix_log_odds(classifier, changed))
    return effect


def join_reasons(good: list[str], bad: list[str]) -> str:
    """Write reasons as one text.

    >>> join_reasons(["valid phone"], [])
    'for: valid phone'
    """
    parts = [f"{side}: {', '.join(words)}" for side, words in (("for", good), ("against", bad)) if words]
    return "; ".join(parts) or NOTHING_SPECIAL


def _words(spec: FeatureSpec, frame: pd.DataFrame) -> pd.Series:
    if spec.name == MESSAGE_SCORE:
        return pd.Series("what the message says", index=frame.index)
    if spec.name in ("hour_sin", "hour_cos"):
        return "arrived around " + frame["arrived_at"].dt.strftime("%H:00")
    values = frame[spec.name] if spec.name in frame else pd.Series(np.nan, index=frame.index)
    if spec.kind == "flag":
        yes, no = spec.label.split("|")
        return values.map({1.0: yes, 0.0: no}).fillna(f"unknown: {yes}")
    if spec.kind == "category":
        label, _, absent = spec.label.partition("|")
        named = f"{label}: " + values.astype("str").fillna(MISSING)
        return named.mask(values.isna() | (values == MISSING), absent or f"no answer: {label}")
    if spec.name.endswith(("rate_before", "ctr_before", "_share")):
        return f"{spec.label} " + values.map(format_percent, na_action=None).astype("str")
    return f"{spec.label} " + values.map(_plain, na_action=None).astype("str")


def _plain(value: float) -> str:
    return (
        "unknown"
        if np.isnan(value)
        else f"{value:,.0f}"
        if value >= 10
        else f"{value:.1f}".removesuffix(".0")
    )
