"""What a lead wrote: normalised text, its language, and a linear classifier over words and letters."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from leadsmart.classification.texts.terms import Vocabulary, fit_vocabularies, tfidf_entries
from leadsmart.errors import ModelError

NEEDS_REVIEW: Final = "needs review"
#: Inverse of the regularisation of a classifier of intents: the best of a few on held-out training texts of BANKING77
#: and on CLINC150's validation texts (benchmarks/intent.md).
INTENT_STRENGTH: Final = 10.0
#: The same of a score of verdicts, which a message decides only in part: the best of 0.03, 0.1, 0.3 and 1 by log loss
#: on held-out training messages of sample data.
VERDICT_STRENGTH: Final = 0.1
MAX_ITERATIONS: Final = 500

_ARABIC_FORMS: Final = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ـ": None}
)
_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")
_LATIN: Final = re.compile(r"[a-z]", re.IGNORECASE)
_WITH_DIGIT: Final = re.compile(r"\S*\d\S*")


@dataclass(frozen=True)
class TextClassifier:
    """A fitted linear classifier of text.

    Attributes
    ----------
    vocabularies : tuple of Vocabulary
        Their terms, one vocabulary after the other, are the columns that the classifier reads.
    classifier : LogisticRegression
    threshold : float
        A most probable class below this probability needs review.
    """

    vocabularies: tuple[Vocabulary, ...]
    classifier: LogisticRegression
    threshold: float


class Answers(NamedTuple):
    """What a classifier says of some texts, an array each.

    Attributes
    ----------
    answer : array of str
        A class, or "needs review".
    best : array of str
        The most probable class.
    confidence : array of float
        Its probability.
    """

    answer: np.ndarray
    best: np.ndarray
    confidence: np.ndarray


def normalise_texts(texts: Sequence[object], keep_digits: bool = False) -> list[str]:
    """Fold case, marks and the spellings of Arabic letters; drop every token that has a digit.

    Numbers in a message are budgets at best and phones at worst, and a vocabulary must hold neither.

    Parameters
    ----------
    texts : sequence
        What is no str becomes empty.
    keep_digits : bool
        For texts without personal data only, such as a public benchmark.

    Returns
    -------
    list of str

    Examples
    --------
    >>> normalise_texts(["Price for unit B12?", "أريد شقّة", None])
    ['price for unit', 'اريد شقه', '']
    """
    # people click the same ready-made messages: each wording is folded once
    folded = {t: _fold(t, keep_digits) for t in set(texts) if isinstance(t, str)}
    return [folded[t] if isinstance(t, str) else "" for t in texts]


def _fold(text: str, keep_digits: bool) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().translate(_ARABIC_FORMS)
    text = unicodedata.normalize("NFD", text)
    for mark in {c for c in set(text) if unicodedata.combining(c)}:
        text = text.replace(mark, "")
    text = unicodedata.normalize("NFC", text)
    text = text if keep_digits else _WITH_DIGIT.sub(" ", text)
    return " ".join(text.split())


def language_of(text: object) -> str:
    """Name the script of a text: ``arabic``, ``latin``, ``mixed`` or ``none``.

    >>> [language_of(text) for text in ("سعر", "price", "سعر price", "?", None)]
    ['arabic', 'latin', 'mixed', 'none', 'none']
    """
    if not isinstance(text, str):
        return "none"
    arabic, latin = bool(_ARABIC.search(text)), bool(_LATIN.search(text))
    return "mixed" if arabic and latin else "arabic" if arabic else "latin" if latin else "none"


def fit_text(
    texts: Sequence[str], labels: np.ndarray, is_first: np.ndarray, threshold: float = 0.0
) -> TextClassifier:
    """Fit a classifier of intents.

    Parameters
    ----------
    texts : sequence of str
        Normalised texts (`normalise_texts`).
    labels : array
        A class per text.
    is_first : array of bool
        As in `terms.fit_vocabularies`.
    threshold : float
        Confidence below which an answer needs review (`review_threshold` finds one).

    Returns
    -------
    TextClassifier

    Raises
    ------
    ModelError
        If there is one class only, or no term occurs often enough.
    """
    if len(set(labels)) < 2:
        raise ModelError("texts of one class only", remedy="Label texts of at least two classes")
    vocabularies, matrix = fit_vocabularies(texts, is_first)
    classifier = LogisticRegression(C=INTENT_STRENGTH, max_iter=MAX_ITERATIONS)
    return TextClassifier(vocabularies, classifier.fit(matrix, labels), threshold)


def fit_text_unseen(
    texts: Sequence[str], labels: np.ndarray, is_first: np.ndarray, folds: int, seed: int
) -> tuple[TextClassifier, np.ndarray]:
    """Fit a classifier of two classes, and score each text by one whose labels did not include the text's.

    Parameters
    ----------
    texts : sequence of str
        Normalised texts.
    labels : array of 0 and 1
    is_first : array of bool
        As in `terms.fit_vocabularies`.
    folds : int
        Shuffled folds.
    seed : int

    Returns
    -------
    TextClassifier
        Fitted on all texts.
    array of float
        Log-odds of each text from the fold that left it out.

    Raises
    ------
    ModelError
        If no term occurs often enough.
    """
    vocabularies, matrix = fit_vocabularies(texts, is_first)
    classifier = LogisticRegression(C=VERDICT_STRENGTH, max_iter=MAX_ITERATIONS)
    shuffled = StratifiedKFold(folds, shuffle=True, random_state=seed)
    unseen = cross_val_predict(classifier, matrix, labels, cv=shuffled, method="decision_function")
    return TextClassifier(vocabularies, classifier.fit(matrix, labels), threshold=0.0), unseen


def text_scores(model: TextClassifier, texts: Sequence[str]) -> np.ndarray:
    """Return the log-odds of the second class per normalised text, for a classifier of two classes.

    An empty text says nothing and scores NaN.
    """
    # people click the same ready-made messages: each wording is scored once
    wordings, position = np.unique(np.asarray(texts, dtype=object), return_inverse=True)
    scores = np.full(len(wordings), np.nan)
    filled = wordings != ""
    if filled.any():
        scores[filled] = _log_odds(model, wordings[filled].tolist())[:, 0]
    return scores[position]


def classify_texts(model: TextClassifier, texts: Sequence[str]) -> Answers:
    """Predict the class of each normalised text, or that it needs review."""
    odds = _log_odds(model, texts)
    if odds.shape[1] == 1:
        second = expit(odds)
        probabilities = np.hstack([1 - second, second])
    else:
        probabilities = softmax(odds, axis=1)
    confidence = probabilities.max(axis=1)
    best = np.asarray(model.classifier.classes_, dtype=object)[probabilities.argmax(axis=1)]
    return Answers(np.where(confidence >= model.threshold, best, NEEDS_REVIEW), best, confidence)


def _log_odds(model: TextClassifier, texts: Sequence[str]) -> np.ndarray:
    """Log-odds of each text, a column per class (of two classes: the second's)."""
    odds = np.tile(model.classifier.intercept_, (len(texts), 1))
    first = 0
    for vocabulary in model.vocabularies:
        text, term, value = tfidf_entries(vocabulary, texts)
        for k, weights in enumerate(model.classifier.coef_):
            odds[:, k] += np.bincount(text, value * weights[first + term], minlength=len(texts))
        first += len(vocabulary.terms)
    return odds


def review_threshold(confidence: np.ndarray, keep: float = 0.95) -> float:
    """Find the threshold at which the share `keep` of validation texts gets an answer.

    >>> review_threshold(np.array([0.2, 0.4, 0.6, 0.8]), keep=0.75)
    0.4
    """
    ordered = np.sort(np.asarray(confidence))
    return float(ordered[int(np.floor(round((1 - keep) * len(ordered), 9)))])
