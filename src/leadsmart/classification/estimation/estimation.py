"""One lead-quality estimator: candidates compared forward in time, the chosen one calibrated on later leads."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from leadsmart.classification.features.encoding import Encoder, LeadColumns, encode, fit_encoder
from leadsmart.classification.features.feature_catalogue import FeatureSpec
from leadsmart.classification.metrics import Clusters, auc_draws, cluster_weights, interval
from leadsmart.classification.texts.text import TextClassifier, fit_text_unseen, text_scores
from leadsmart.errors import ModelError

LOGISTIC: Final = "logistic regression"
BOOSTING: Final = "gradient boosting"
CANDIDATES: Final = (LOGISTIC, BOOSTING)
#: Labels of each kind that a slice needs before anything is chosen or calibrated on it.
MIN_SLICE: Final = 20
#: Row numbers to fit on, and to score.
Fold = tuple[np.ndarray, np.ndarray]
TEXT_FOLDS: Final = 4
CALIBRATION_FOLDS: Final = 5
TRIAL_COLUMNS: Final = ("candidate", "auc", "log_loss", "is_better")


@dataclass(frozen=True)
class Estimator:
    """A fitted score.

    Attributes
    ----------
    kind : str
        One of `CANDIDATES`.
    encoder : Encoder
    text : TextClassifier or None
    classifier : object
        The scikit-learn estimator over the matrix.
    slope, intercept : float
        Calibration: probability = expit(slope · log-odds + intercept).
    calibrated_on : str
        ``later leads``, ``shuffled folds`` or ``nothing``.
    trials : DataFrame
        One row per candidate: ``candidate``, ``auc``, ``log_loss`` on later training leads, ``is_better``
        (than logistic regression, beyond chance); empty where there were too few to compare.
    """

    kind: str
    encoder: Encoder
    text: TextClassifier | None
    classifier: Any
    slope: float = 1.0
    intercept: float = 0.0
    calibrated_on: str = "nothing"
    trials: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(TRIAL_COLUMNS), dtype=float)
    )


def fit_estimator(
    train: pd.DataFrame,
    specs: tuple[FeatureSpec, ...],
    seed: int,
    kind: str | None = None,
) -> Estimator:
    """Fit, choose and calibrate on training leads.

    The oldest 60 % fit the candidates, the next 20 % choose (by AUC: calibration follows), the newest 20 %
    calibrate the chosen one fitted on all before; then it is fitted again on all, with that calibration. The
    choice is logistic regression, the simpler one, unless boosting is better beyond chance: the 95 % interval of
    its advantage, from resampling leads, lies above 0. With too few labels in a slice the candidate is logistic
    regression, calibrated on shuffled folds: unshuffled folds of date-ordered leads would calibrate to other times.

    Parameters
    ----------
    train : DataFrame
        Features and ``label``, ordered by arrival.
    specs : tuple of FeatureSpec
    seed : int
    kind : str, optional
        Skip the choice and fit this candidate.

    Returns
    -------
    Estimator

    Raises
    ------
    ModelError
        If there are not two labels of each kind.
    """
    label = train["label"].to_numpy(dtype=float)
    if min(label.sum(), (1 - label).sum()) < 2:
        raise ModelError(
            "training needs labels of both kinds", remedy="Wait for more verdicts", count=len(label)
        )
    first, second = int(0.6 * len(train)), int(0.8 * len(train))
    chosen: dict[str, Any] = {}
    if kind is None and _has_both(label[:first]) and _has_both(label[first:second]):
        chosen["trials"] = _compare(train.iloc[:first], train.iloc[first:second], specs, seed)
        kind = BOOSTING if chosen["trials"]["is_better"].iloc[-1] else LOGISTIC
    kind = kind or LOGISTIC
    chosen |= _calibration(train, specs, seed, kind)
    return replace(_fit(train, specs, seed, kind), **chosen)


def predict(estimator: Estimator, frame: pd.DataFrame) -> np.ndarray:
    """Return the calibrated probability of each lead of a feature frame."""
    return calibrate(estimator, _log_odds(estimator, frame))


def calibrate(estimator: Estimator, odds: np.ndarray) -> np.ndarray:
    """Turn uncalibrated log-odds into probabilities."""
    return expit(estimator.slope * odds + estimator.intercept)


def matrix_log_odds(classifier: Any, matrix: np.ndarray) -> np.ndarray:
    """Return uncalibrated log-odds of encoded leads."""
    if isinstance(classifier, Pipeline):
        # a sum per row, as the last digit of a matrix product depends on how many rows there are
        return linear_parts(classifier, matrix).sum(axis=1) + classifier[-1].intercept_[0]
    return classifier.decision_function(matrix) if len(matrix) else np.empty(0)


def linear_parts(classifier: Pipeline, matrix: np.ndarray) -> np.ndarray:
    """Return what each column adds to a logistic regression's log-odds, against the mean of the training leads."""
    impute, scale, linear = (step for _, step in classifier.steps)
    filled = np.where(np.isnan(matrix), impute.statistics_, matrix)
    return (filled - scale.mean_) / scale.scale_ * linear.coef_[0]


def encode_leads(encoder: Encoder, text: TextClassifier | None, leads: LeadColumns) -> np.ndarray:
    """Encode leads, their messages scored by the fitted text model."""
    if text is None or "message" not in leads:
        return encode(encoder, leads, None)
    return encode(encoder, leads, text_scores(text, leads["message"].tolist()))


def predict_held_out(
    leads: pd.DataFrame, specs: tuple[FeatureSpec, ...], seed: int, kind: str, folds: Iterable[Fold]
) -> tuple[np.ndarray, np.ndarray, int]:
    """Score leads by uncalibrated estimators that were fitted without them.

    Parameters
    ----------
    leads : DataFrame
        Features and ``label``, as in `fit_estimator`.
    specs : tuple of FeatureSpec
    seed : int
    kind : str
        One of `CANDIDATES`.
    folds : iterable of (array, array)
        Row numbers to fit on, and to score. One without two labels of each kind to fit on is left out.

    Returns
    -------
    array of int
        Row numbers of the leads scored, fold after fold.
    array of float
        Their log-odds.
    int
        Leads that the largest fold was fitted on.
    """
    held_out, odds, sizes = [np.empty(0, dtype=int)], [np.empty(0)], [0]
    for fit, test in folds:
        train = leads.iloc[np.sort(fit)]
        label = train["label"].to_numpy(dtype=float)
        if min(label.sum(), (1 - label).sum()) >= 2:
            held_out.append(test)
            odds.append(_log_odds(_fit(train, specs, seed, kind), leads.iloc[test]))
            sizes.append(len(train))
    return np.concatenate(held_out), np.concatenate(odds), max(sizes)


def predict_without_fields(
    train: pd.DataFrame,
    test: pd.DataFrame,
    specs: tuple[FeatureSpec, ...],
    seed: int,
    kind: str,
    fields: Iterable[str],
) -> dict[str, np.ndarray]:
    """Score leads by uncalibrated estimators that are fitted without the features of one field each.

    Parameters
    ----------
    train, test : DataFrame
        Features and ``label``, as in `fit_estimator`.
    specs : tuple of FeatureSpec
    seed : int
    kind : str
        One of `CANDIDATES`.
    fields : iterable of str
        Fields of `specs`.

    Returns
    -------
    dict
        Field -> probability of each lead of `test`.
    """
    encoder, text, matrix = _fit_encoding(train, specs, seed)
    tested, label = encode_leads(encoder, text, test), train["label"].to_numpy(dtype=int)
    field_of = {spec.name: spec.field for spec in specs}
    found = {}
    for left_out in fields:
        kept = [field_of[source] != left_out for source in encoder.sources]
        classifier = _classifier(kind, seed).fit(matrix[:, kept], label)
        found[left_out] = expit(matrix_log_odds(classifier, tested[:, kept]))
    return found


def _compare(
    fit: pd.DataFrame, later: pd.DataFrame, specs: tuple[FeatureSpec, ...], seed: int
) -> pd.DataFrame:
    """Each candidate, fitted on some leads, on later ones."""
    encoder, text, matrix = _fit_encoding(fit, specs, seed)
    tested, label = encode_leads(encoder, text, later), later["label"].to_numpy(dtype=float)
    every_lead = cluster_weights(Clusters(np.arange(len(label)), "leads"), seed)
    rows, simplest = [], None
    for kind in CANDIDATES:
        classifier = _classifier(kind, seed).fit(matrix, fit["label"].to_numpy(dtype=int))
        odds = matrix_log_odds(classifier, tested)
        draws = auc_draws(label, odds, every_lead)
        simplest = draws if simplest is None else simplest
        loss = float(log_loss(label, expit(odds), labels=[0, 1]))
        rows.append((kind, float(draws[0]), loss, interval((draws - simplest)[1:])[0] > 0))
    return pd.DataFrame(rows, columns=list(TRIAL_COLUMNS))


def _calibration(train: pd.DataFrame, specs: tuple[FeatureSpec, ...], seed: int, kind: str) -> dict[str, Any]:
    """Slope and intercept, from leads that the fit did not see, and which these were."""
    label, second = train["label"].to_numpy(dtype=float), int(0.8 * len(train))
    if _has_both(label[:second]) and _has_both(label[second:]):
        folds, calibrated_on = [(np.arange(second), np.arange(second, len(train)))], "later leads"
    else:
        n_folds = min(CALIBRATION_FOLDS, int(min(label.sum(), (1 - label).sum())))
        shuffled = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
        folds, calibrated_on = list(shuffled.split(label, label)), "shuffled folds"
    rows, odds, _ = predict_held_out(train, specs, seed, kind, folds)
    in_order = np.argsort(rows)
    slope, intercept = _platt(odds[in_order], label[rows[in_order]])
    return {"slope": slope, "intercept": intercept, "calibrated_on": calibrated_on}


def _fit(train: pd.DataFrame, specs: tuple[FeatureSpec, ...], seed: int, kind: str) -> Estimator:
    encoder, text, matrix = _fit_encoding(train, specs, seed)
    classifier = _classifier(kind, seed).fit(matrix, train["label"].to_numpy(dtype=int))
    return Estimator(kind, encoder, text, classifier)


def _fit_encoding(
    train: pd.DataFrame, specs: tuple[FeatureSpec, ...], seed: int
) -> tuple[Encoder, TextClassifier | None, np.ndarray]:
    """Learn how leads become a matrix, and encode the training leads, no message scored by a model that saw it."""
    text, unseen_score = _fit_message_model(train, specs, seed)
    encoder = fit_encoder(train, specs, unseen_score)
    return encoder, text, encode(encoder, train, unseen_score)


def _classifier(kind: str, seed: int) -> Any:
    if kind == LOGISTIC:
        return make_pipeline(
            SimpleImputer(strategy="median", keep_empty_features=True),
            StandardScaler(),
            LogisticRegression(C=0.1, max_iter=1000),
        )
    return HistGradientBoostingClassifier(
        learning_rate=0.06, max_iter=120, max_leaf_nodes=12, min_samples_leaf=20, l2_regularization=5.0,
        max_features=0.5, early_stopping=False, random_state=seed,
    )  # fmt: skip


def _fit_message_model(
    train: pd.DataFrame, specs: tuple[FeatureSpec, ...], seed: int
) -> tuple[TextClassifier | None, np.ndarray | None]:
    """Fit the text model, and score each training message by a model that did not see it."""
    if not any(s.kind == "text" for s in specs):
        return None, None
    written = (train["message"] != "").to_numpy()
    part = train[written]
    if not _has_both(part["label"].to_numpy(dtype=float)):
        return None, None
    label, is_first = part["label"].to_numpy(dtype=int), part["is_first_message"].to_numpy(dtype=bool)
    try:
        model, unseen = fit_text_unseen(part["message"].tolist(), label, is_first, TEXT_FOLDS, seed)
    except ModelError:
        # too few different messages for a vocabulary: the score does without them
        return None, None
    score = np.full(len(train), np.nan)
    score[written] = unseen
    return model, score


def _log_odds(estimator: Estimator, frame: pd.DataFrame) -> np.ndarray:
    matrix = encode_leads(estimator.encoder, estimator.text, frame)
    return matrix_log_odds(estimator.classifier, matrix)


def _platt(odds: np.ndarray, label: np.ndarray) -> tuple[float, float]:
    # the weak penalty keeps a slice that is told apart perfectly from giving certainty
    model = LogisticRegression(C=10.0).fit(odds[:, None], label.astype(int))
    slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope <= 0:
        # an order that turns round on later leads is no order: everybody gets the rate of the slice
        rate = (label.sum() + 1) / (len(label) + 2)
        return 0.0, float(np.log(rate / (1 - rate)))
    return slope, intercept


def _has_both(label: np.ndarray) -> bool:
    return bool(min(label.sum(), (1 - label).sum()) >= MIN_SLICE)
