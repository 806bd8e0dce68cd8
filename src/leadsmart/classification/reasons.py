"""Why a lead scored as it did, in plain words: what sets it apart from a typical lead."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from leadsmart.classification.estimation.estimation import Estimator, calibrate, linear_parts, matrix_log_odds
from leadsmart.classification.estimation.trees import Usual, occlude
from leadsmart.classification.features.encoding import MESSAGE_SCORE, Encoder, LeadColumns, count_leads
from leadsmart.classification.features.feature_catalogue import MISSING, FeatureSpec
from leadsmart.formats import format_percent

MAX_REASONS: Final = 2
#: Log-odds that a feature must move a lead to be named: about two percentage points at even odds.
MIN_EFFECT: Final = 0.1
#: Most common levels of a category that a lead is compared with.
MAX_LEVELS: Final = 3
#: Rows up to which all features are measured at once: for few leads a call costs more than its rows.
MAX_STACKED: Final = 5_000
NOTHING_SPECIAL: Final = "nothing sets this lead apart"


@dataclass(frozen=True)
class FeatureEffects:
    """What each feature adds to the score of each lead.

    Attributes
    ----------
    names : tuple of str
        Features, in the encoder's order.
    values : array, shape (leads, features)
        The change in calibrated log-odds against the same lead with a typical value of that feature alone: a
        number's median, and the common values of a flag or category weighed by how common they are.
    probability : array
        Calibrated, of each lead.
    """

    names: tuple[str, ...]
    values: np.ndarray
    probability: np.ndarray


def explain(effects: FeatureEffects, specs: tuple[FeatureSpec, ...], leads: LeadColumns) -> list[str]:
    """Say the main reasons for and against each lead.

    Parameters
    ----------
    effects : FeatureEffects
    specs : tuple of FeatureSpec
    leads : DataFrame or mapping
        Feature frame, or its columns.

    Returns
    -------
    list of str
        One per lead: ``for: …; against: …``, at most two of each, strongest first.
    """
    names = effects.names
    spec_of = {s.name: s for s in specs}
    # what all leads of a market share is no reason to call one before another
    differs = np.array([spec_of[name].field != "market" for name in names])
    words = [_words(spec_of[name]) for name in names]
    # rounded, as the same effect measured in two ways differs in its last digits
    strength = (np.abs(effects.values) * differs).round(9)
    ever_named = (strength >= MIN_EFFECT).any(axis=0)
    values = [_values(spec_of[name], leads) if ever_named[j] else [] for j, name in enumerate(names)]
    order = np.argsort(-strength, axis=1, kind="stable").tolist()
    named = (strength >= MIN_EFFECT).sum(axis=1).tolist()
    is_good = (effects.values > 0).tolist()
    texts = []
    for i in range(len(strength)):
        sides: dict[bool, list[str]] = {True: [], False: []}
        for j in order[i][: named[i]]:
            side = sides[is_good[i][j]]
            if len(side) < MAX_REASONS and (text := words[j](values[j][i])) not in side:
                side.append(text)
        texts.append(join_reasons(sides[True], sides[False]))
    return texts


def feature_effects(estimator: Estimator, matrix: np.ndarray) -> FeatureEffects:
    """Score each encoded lead (`estimation.encode_leads`), and measure each feature's effect on it."""
    columns, usual = _usual_values(estimator.encoder)
    if isinstance(estimator.classifier, Pipeline):
        parts = linear_parts(estimator.classifier, matrix)
        odds = matrix_log_odds(estimator.classifier, matrix)
        effects = np.stack([parts[:, its].sum(axis=1) for its in columns.values()], axis=1)
    elif len(matrix) * sum(map(len, usual.values())) <= MAX_STACKED:
        odds, effects = _occlude_at_once(estimator.classifier, matrix, columns, usual)
    else:
        odds = matrix_log_odds(estimator.classifier, matrix)
        effects = occlude(estimator.classifier, matrix, columns, usual)
    return FeatureEffects(tuple(columns), estimator.slope * effects, calibrate(estimator, odds))


@lru_cache(maxsize=8)
def _usual_values(encoder: Encoder) -> tuple[dict[str, list[int]], dict[str, list[Usual]]]:
    """Name each feature's columns, and what they usually hold, each with its weight."""
    sources, typical = encoder.sources, np.array(encoder.typical)
    columns = {name: [i for i, s in enumerate(sources) if s == name] for name in dict.fromkeys(sources)}
    return columns, {name: _common_values(encoder, name, typical[its]) for name, its in columns.items()}


def _common_values(encoder: Encoder, name: str, typical: np.ndarray) -> list[Usual]:
    if name in encoder.numbers:
        if encoder.kinds[encoder.numbers.index(name)] != "flag":
            return [(1.0, typical)]
        return [(1 - typical[0], np.zeros(1)), (typical[0], np.ones(1))]
    usual = np.argsort(-typical, kind="stable")[:MAX_LEVELS]
    weights = typical[usual] / typical[usual].sum()
    return [(float(w), np.eye(len(typical))[i]) for w, i in zip(weights, usual, strict=True)]


def _occlude_at_once(
    classifier: Any, matrix: np.ndarray, columns: dict[str, list[int]], usual: dict[str, list[Usual]]
) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds, and effects of all features (leads, features), from one call."""
    variants = [(j, its, *value) for j, (name, its) in enumerate(columns.items()) for value in usual[name]]
    stacked = np.repeat(matrix[None], len(variants) + 1, axis=0)
    for layer, (_, its, _, replaced) in zip(stacked[1:], variants, strict=True):
        layer[:, its] = replaced
    odds = matrix_log_odds(classifier, stacked.reshape(-1, matrix.shape[1])).reshape(len(stacked), -1)
    effects = np.zeros((len(matrix), len(columns)))
    for layer, (j, _, weight, _) in zip(odds[1:], variants, strict=True):
        effects[:, j] += weight * (odds[0] - layer)
    return odds[0], effects


def join_reasons(good: list[str], bad: list[str]) -> str:
    """Write reasons as one text.

    >>> join_reasons(["valid phone"], [])
    'for: valid phone'
    """
    parts = [f"{side}: {', '.join(words)}" for side, words in (("for", good), ("against", bad)) if words]
    return "; ".join(parts) or NOTHING_SPECIAL


def _values(spec: FeatureSpec, leads: LeadColumns) -> list[Any]:
    if spec.name in ("hour_sin", "hour_cos"):
        return pd.array(leads["arrived_at"]).hour.tolist()
    return leads[spec.name].tolist() if spec.name in leads else [np.nan] * count_leads(leads)


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
