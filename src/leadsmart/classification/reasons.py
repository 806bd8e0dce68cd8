"""Why a lead scored as it did, in plain words: what sets it apart from a typical lead."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from leadsmart.classification.encoding import MESSAGE_SCORE, Encoder
from leadsmart.classification.estimation import Estimator, linear_parts, matrix_log_odds
from leadsmart.classification.registry import MISSING, FeatureSpec
from leadsmart.classification.trees import Usual, occlude
from leadsmart.display.formats import format_percent

MAX_REASONS: Final = 2
#: Log-odds that a feature must move a lead to be named: about two percentage points at even odds.
MIN_EFFECT: Final = 0.1
#: Most common levels of a category that a lead is compared with.
MAX_LEVELS: Final = 3
#: Rows up to which all features are measured at once: for few leads a call costs more than its rows.
MAX_STACKED: Final = 5_000
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
    words = [_words(spec_of[name]) for name in names]
    # rounded, as the same effect measured in two ways differs in its last digits
    strength = np.abs(effects).round(9)
    ever_named = (strength >= MIN_EFFECT).any(axis=0)
    values = [_values(spec_of[name], frame) if ever_named[j] else [] for j, name in enumerate(names)]
    order = np.argsort(-strength, axis=1, kind="stable").tolist()
    named = (strength >= MIN_EFFECT).sum(axis=1).tolist()
    is_good = (effects > 0).tolist()
    texts = []
    for i in range(len(frame)):
        sides: dict[bool, list[str]] = {True: [], False: []}
        for j in order[i][: named[i]]:
            side = sides[is_good[i][j]]
            if len(side) < MAX_REASONS and (text := words[j](values[j][i])) not in side:
                side.append(text)
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
        parts = linear_parts(estimator.classifier, matrix)
        for j, name in enumerate(names):
            effects[:, j] = parts[:, columns[name]].sum(axis=1)
        return names, estimator.slope * effects
    usual = {name: _common_values(estimator.encoder, name, typical[columns[name]]) for name in names}
    if len(matrix) * sum(map(len, usual.values())) <= MAX_STACKED:
        effects = _occlude_at_once(estimator.classifier, matrix, columns, usual)
    else:
        effects = occlude(estimator.classifier, matrix, columns, usual)
    return names, estimator.slope * effects


def _common_values(encoder: Encoder, name: str, typical: np.ndarray) -> list[Usual]:
    """List what a feature's columns usually hold, each with its weight."""
    if name in encoder.numbers:
        if encoder.kinds[encoder.numbers.index(name)] != "flag":
            return [(1.0, typical)]
        return [(1 - typical[0], np.zeros(1)), (typical[0], np.ones(1))]
    usual = np.argsort(-typical, kind="stable")[:MAX_LEVELS]
    weights = typical[usual] / typical[usual].sum()
    return [(float(w), np.eye(len(typical))[i]) for w, i in zip(weights, usual, strict=True)]


def _occlude_at_once(
    classifier: Any,
    matrix: np.ndarray,
    columns: dict[str, list[int]],
    usual: dict[str, list[Usual]],
) -> np.ndarray:
    """Effects of all features from one call, shape (leads, features)."""
    variants = [(j, *value) for j, values in enumerate(usual.values()) for value in values]
    stacked = np.tile(matrix, (len(variants) + 1, 1, 1)) if len(matrix) else np.empty((1, 0, matrix.shape[1]))
    for layer, (j, _, replaced) in zip(stacked[1:], variants, strict=False):
        layer[:, list(columns.values())[j]] = replaced
    odds = matrix_log_odds(classifier, stacked.reshape(-1, matrix.shape[1])).reshape(len(stacked), -1)
    effects = np.zeros((len(matrix), len(usual)))
    for layer, (j, weight, _) in zip(odds[1:], variants, strict=False):
        effects[:, j] += weight * (odds[0] - layer)
    return effects


def join_reasons(good: list[str], bad: list[str]) -> str:
    """Write reasons as one text.

    >>> join_reasons(["valid phone"], [])
    'for: valid phone'
    """
    parts = [f"{side}: {', '.join(words)}" for side, words in (("for", good), ("against", bad)) if words]
    return "; ".join(parts) or NOTHING_SPECIAL


def _values(spec: FeatureSpec, frame: pd.DataFrame) -> list[Any]:
    if spec.name in ("hour_sin", "hour_cos"):
        return frame["arrived_at"].dt.hour.tolist()
    return frame[spec.name].tolist() if spec.name in frame else [np.nan] * len(frame)


def _words(spec: FeatureSpec) -> Callable[[Any], str]:
    """How a value of a feature reads."""
    label, _, other = spec.label.partition("|")
    if spec.name == MESSAGE_SCORE:
        return lambda _: "what the message says"
    if spec.name in ("hour_sin", "hour_cos"):
        return lambda hour: f"arrived around {hour:02.0f}:00"
    if spec.kind == "flag":
        return lambda value: f"unknown: {label}" if np.isnan(value) else label if value else other
    if spec.kind == "category":
        absent = other or f"no answer: {label}"
        return lambda value: absent if pd.isna(value) or value == MISSING else f"{label}: {value}"
    if spec.name.endswith(("rate_before", "ctr_before", "_share")):
        return lambda value: f"{label} {format_percent(value)}"
    return lambda value: f"{label} {_plain(value)}"


def _plain(value: float) -> str:
    return (
        "unknown"
        if np.isnan(value)
        else f"{value:,.0f}"
        if value >= 10
        else f"{value:.1f}".removesuffix(".0")
    )
