"""Features as the matrix that an estimator reads, with no value in it that few leads share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import logit

from leadsmart.classification.features.feature_catalogue import FeatureSpec

#: Leads that must share a category's level for a model to know it: rarer ones could identify a person.
MIN_LEADS_PER_LEVEL: Final = 10
MESSAGE_SCORE: Final = "message"
NUMERIC_KINDS: Final = ("number", "amount", "rate", "flag")
#: Quantiles of the training leads beyond which a number is taken for the quantile: a linear score would
#: follow one freak value anywhere.
LIMITS: Final = (0.01, 0.99)
#: What a rate is taken for at most: log-odds of 0 and 1 are infinite.
RATE_LIMITS: Final = (0.001, 0.999)

#: Leads by column: a feature frame, or the same columns without a frame, which costs more than scoring a single lead.
LeadColumns = pd.DataFrame | Mapping[str, Any]


def count_leads(leads: LeadColumns) -> int:
    """Count the leads of a feature frame or of its columns."""
    return len(leads) if isinstance(leads, pd.DataFrame) else len(next(iter(leads.values())))


@dataclass(frozen=True)
class Encoder:
    """How a feature frame becomes a matrix.

    Attributes
    ----------
    numbers : tuple of str
        Columns of numbers, NaN where missing. `MESSAGE_SCORE` stands for the text's score.
    kinds : tuple of str
        Kind of each number: ``number``, ``amount`` (read as log(1 + x)), ``rate`` (read as log-odds) or
        ``flag``.
    limits : tuple of (float, float)
        Lowest and highest value of each number, as read.
    levels : tuple of (str, tuple of str)
        Category and its known levels, one 0/1 column each.
    typical : tuple of float
        Of the training leads: median of each number, share of each flag and level that is 1.
    """

    numbers: tuple[str, ...]
    kinds: tuple[str, ...]
    limits: tuple[tuple[float, float], ...]
    levels: tuple[tuple[str, tuple[str, ...]], ...]
    typical: tuple[float, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The feature behind each column of the matrix."""
        return (*self.numbers, *(name for name, known in self.levels for _ in known))


def fit_encoder(
    frame: pd.DataFrame, specs: tuple[FeatureSpec, ...], message_score: np.ndarray | None
) -> Encoder:
    """Learn levels and typical values from training leads; leave out what never varies.

    Parameters
    ----------
    frame : DataFrame
        Training leads with one column per spec.
    specs : tuple of FeatureSpec
    message_score : array, optional
        Score of the text per lead, from a text model that did not see the lead.

    Returns
    -------
    Encoder
    """
    kinds, columns = {}, {}
    for spec in specs:
        if spec.kind in NUMERIC_KINDS and len(np.unique(frame[spec.name].to_numpy(dtype=float))) > 1:
            kinds[spec.name], columns[spec.name] = spec.kind, _read(frame[spec.name], spec.kind)
    if message_score is not None:
        kinds[MESSAGE_SCORE], columns[MESSAGE_SCORE] = "number", message_score
    typical = [_typical(column, kinds[name]) for name, column in columns.items()]
    levels = []
    for spec in specs:
        if spec.kind == "category":
            codes, found = pd.factorize(frame[spec.name])
            counts = np.bincount(codes[codes >= 0], minlength=len(found)).tolist()
            known = sorted(
                (str(level), n) for level, n in zip(found, counts, strict=True) if n >= MIN_LEADS_PER_LEVEL
            )
            if len(known) > 1 or (known and max(counts) < len(frame)):
                levels.append((spec.name, tuple(level for level, _ in known)))
                typical += [n / len(frame) for _, n in known]
    limits = tuple(_limits(column) for column in columns.values())
    return Encoder(tuple(columns), tuple(kinds.values()), limits, tuple(levels), tuple(typical))


def encode(encoder: Encoder, leads: LeadColumns, message_score: np.ndarray | None) -> np.ndarray:
    """Turn leads into the matrix; an unknown level has 0 in all its columns, an absent column is missing."""
    n = count_leads(leads)
    matrix = np.zeros((n, len(encoder.typical)))
    unknown = np.full(n, np.nan)
    for i, (name, kind, limits) in enumerate(
        zip(encoder.numbers, encoder.kinds, encoder.limits, strict=True)
    ):
        if name == MESSAGE_SCORE:
            values = unknown if message_score is None else message_score
        else:
            values = _read(leads.get(name, unknown), kind)
        matrix[:, i] = np.clip(values, *limits)
    i = len(encoder.numbers)
    for name, known in encoder.levels:
        if name in leads:
            place = {level: k for k, level in enumerate(known)}
            position = np.array([place.get(value, -1) for value in leads[name].tolist()], dtype=int)
            rows = np.flatnonzero(position >= 0)
            matrix[rows, i + position[rows]] = 1.0
        i += len(known)
    return matrix


def _read(values: Any, kind: str) -> np.ndarray:
    numbers = np.asarray(values, dtype=float)
    if kind == "rate":
        return logit(np.clip(numbers, *RATE_LIMITS))
    return np.log1p(np.maximum(numbers, 0)) if kind == "amount" else numbers


def _limits(values: np.ndarray) -> tuple[float, float]:
    if not np.isfinite(values).any():
        return 0.0, 0.0
    low, high = np.nanquantile(values, LIMITS)
    # a value that fewer than one lead in a hundred has, such as a rare flag, still counts
    return (float(low), float(high)) if low < high else (float(np.nanmin(values)), float(np.nanmax(values)))


def _typical(values: np.ndarray, kind: str) -> float:
    if not np.isfinite(values).any():
        return 0.0
    return float(np.nanmean(values) if kind == "flag" else np.nanmedian(values))
