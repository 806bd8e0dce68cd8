"""What a lead wrote: normalised text, its language, and a linear classifier over words and letters."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import expit, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import FeatureUnion

from leadsmart.errors import ModelError

#: A term must occur in the messages of this many different leads: fewer could identify a person.
MIN_LEADS_PER_TERM: Final = 5
NEEDS_REVIEW: Final = "needs review"
#: What letters count against words, and the inverse of the regularisation of a classifier of intents: the best of a
#: few on held-out training texts of BANKING77 and on CLINC150's validation texts (benchmarks/intent.md).
LETTERS_WEIGHT: Final = 2.0
INTENT_STRENGTH: Final = 10.0
#: The same of a score of verdicts, which a message decides only in part: the best of 0.03, 0.1, 0.3 and 1 by log loss
#: on held-out training messages of sample data.
VERDICT_STRENGTH: Final = 0.1

_ARABIC_FORMS: Final = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ـ": None}
)
_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")
_LATIN: Final = re.compile(r"[a-z]", re.IGNORECASE)
_WITH_DIGIT: Final = re.compile(r"\S*\d\S*")


@dataclass(frozen=True)
class TextClassifier:
    """A fitted encoder of text and the linear classifier over it.

    Attributes
    ----------
    encoder : transformer
        Text to numbers, with scikit-learn's ``transform``; TF-IDF unless another was given.
    classifier : LogisticRegression
    threshold : float
        A most probable class below this probability needs review.
    """

    encoder: Any
    classifier: LogisticRegression
    threshold: float


def normalise_text(texts: pd.Series, keep_digits: bool = False) -> pd.Series:
    """Fold case, marks and the spellings of Arabic letters; drop every token that has a digit.

    Numbers in a message are budgets at best and phones at worst, and a vocabulary must hold neither.

    Parameters
    ----------
    texts : Series of str
        Missing texts become empty.
    keep_digits : bool
        For texts without personal data only, such as a public benchmark.

    Examples
    --------
    >>> normalise_text(pd.Series(["Price for unit B12?", "أريد شقّة", None])).tolist()
    ['price for unit', 'اريد شقه', '']
    """
    return pd.Series(normalise_texts(texts.tolist(), keep_digits), index=texts.index, dtype="str")


def normalise_texts(texts: Sequence[object], keep_digits: bool = False) -> list[str]:
    """Do the same for a list."""
    # people click the same ready-made messages: each wording is read once
    folded = {t: _fold(t, keep_digits) for t in set(texts) if isinstance(t, str)}
    return [folded.get(t, "") for t in texts]


def _fold(text: str, keep_digits: bool) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().translate(_ARABIC_FORMS)
    text = unicodedata.normalize("NFD", text)
    for mark in {c for c in set(text) if unicodedata.combining(c)}:
        text = text.replace(mark, "")
    text = unicodedata.normalize("NFC", text)
    text = text if keep_digits else _WITH_DIGIT.sub(" ", text)
    return " ".join(text.split())


def language_of(text: object) -> str:
    """Tell the script of a text: ``arabic``, ``latin``, ``mixed`` or ``none``.

    >>> [language_of(text) for text in ("سعر", "price", "سعر price", "?", None)]
    ['arabic', 'latin', 'mixed', 'none', 'none']
    """
    if not isinstance(text, str):
        return "none"
    arabic, latin = bool(_ARABIC.search(text)), bool(_LATIN.search(text))
    return "mixed" if arabic and latin else "arabic" if arabic else "latin" if latin else "none"


def tfidf_encoder(min_leads: int = MIN_LEADS_PER_TERM) -> FeatureUnion:
    """Make the default encoder: words 1-2-grams and letters 2-5-grams, TF-IDF weighted.

    Parameters
    ----------
    min_leads : int
        Different leads in whose messages a term must occur.
    """
    shared = {"min_df": min_leads, "sublinear_tf": True, "lowercase": False, "dtype": np.float32}
    return FeatureUnion(
        [
            ("words", TfidfVectorizer(analyzer="word", ngram_range=(1, 2), token_pattern=r"\w\w+", **shared)),
            ("letters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **shared)),
        ],
        transformer_weights={"letters": LETTERS_WEIGHT},
    )


def fit_text(
    texts: pd.Series,
    labels: Sequence[object] | pd.Series,
    *,
    encoder: Any = None,
    counts: pd.Series | None = None,
    strength: float = INTENT_STRENGTH,
    threshold: float = 0.0,
    class_weight: str | None = None,
) -> TextClassifier:
    """Fit a classifier of text.

    Parameters
    ----------
    texts : Series of str
        Normalised texts (`normalise_text`).
    labels : sequence
        A class per text.
    encoder : transformer, optional
        Anything with scikit-learn's ``fit`` and ``transform`` takes TF-IDF's place.
    counts : Series of bool, optional
        Whether a text counts for the vocabulary: false for a person's second lead, or five leads of one
        person would be five different leads. All by default.
    strength : float
        Inverse of the regularisation.
    threshold : float
        Confidence below which an answer needs review (`review_threshold` finds one).
    class_weight : str, optional
        As LogisticRegression's.

    Raises
    ------
    ModelError
        If there is one class only, or no term occurs often enough.
    """
    if pd.Series(labels).nunique() < 2:
        raise ModelError("texts of one class only", remedy="Label texts of at least two classes")
    encoder = _fit_encoder(texts, encoder, counts)
    matrix = encoder.transform(texts)
    classifier = _fit_linear(matrix, np.asarray(labels), strength, class_weight)
    return TextClassifier(encoder=encoder, classifier=classifier, threshold=threshold)


def fit_text_unseen(
    texts: pd.Series, labels: np.ndarray, *, counts: pd.Series, folds: int, seed: int
) -> tuple[TextClassifier, np.ndarray]:
    """Fit a classifier of two classes, and score each text by one whose labels did not include the text's.

    Parameters
    ----------
    texts : Series of str
        Normalised texts.
    labels : array of 0 and 1
    counts : Series of bool
        As in `fit_text`.
    folds : int
        Shuffled folds.
    seed : int

    Returns
    -------
    TextClassifier
        Fitted on all texts.
    array of float
        Log-odds of each text from the fold that left it out.
    """
    encoder = _fit_encoder(texts, None, counts)
    matrix = encoder.transform(texts)
    unseen = np.empty(len(texts))
    for fit, held_out in StratifiedKFold(folds, shuffle=True, random_state=seed).split(labels, labels):
        part = _fit_linear(matrix[fit], labels[fit], VERDICT_STRENGTH)
        unseen[held_out] = part.decision_function(matrix[held_out])
    return TextClassifier(encoder, _fit_linear(matrix, labels, VERDICT_STRENGTH), threshold=0.0), unseen


def _fit_linear(
    matrix: Any, labels: np.ndarray, strength: float = 1.0, class_weight: str | None = None
) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=500, class_weight=class_weight).fit(matrix, labels)


def _fit_encoder(texts: pd.Series, encoder: Any, counts: pd.Series | None) -> Any:
    encoder = tfidf_encoder() if encoder is None else encoder
    vocabulary_texts = texts if counts is None else texts[counts.to_numpy(dtype=bool)]
    try:
        encoder.fit(vocabulary_texts)
    except ValueError as error:
        raise ModelError(
            f"no term occurs in the messages of {MIN_LEADS_PER_TERM} different leads",
            remedy="Collect more messages, or leave the messages out",
            count=int((texts != "").sum()),
        ) from error
    return encoder


def text_scores(model: TextClassifier, texts: Sequence[str]) -> np.ndarray:
    """Return the log-odds of the second class per normalised text, for a classifier of two classes.

    An empty text says nothing and scores NaN.
    """
    # people click the same ready-made messages: each wording is read once
    wordings, position = np.unique(np.asarray(texts, dtype=object), return_inverse=True)
    scores = np.full(len(wordings), np.nan)
    filled = wordings != ""
    if filled.any():
        scores[filled] = _decide(model, wordings[filled].tolist())[:, 0]
    return scores[position]


def _decide(model: TextClassifier, texts: list[str]) -> np.ndarray:
    """Log-odds of each text, a column per class (of two classes: the second's).

    TF-IDF is added up term by term, as scikit-learn's matrices cost a single text more than its terms.
    """
    if not _is_tfidf(model.encoder):
        return model.classifier.decision_function(model.encoder.transform(texts)).reshape(len(texts), -1)
    decided = np.tile(model.classifier.intercept_, (len(texts), 1))
    first = 0
    for name, terms in model.encoder.transformer_list:
        analyze, known = terms.build_analyzer(), terms.vocabulary_
        found = [
            i * len(known) + known[t] for i, text in enumerate(texts) for t in analyze(text) if t in known
        ]
        place, times = np.unique(np.array(found, dtype=np.int64), return_counts=True)
        text, term = place // len(known), place % len(known)
        value = (1 + np.log(times)) * terms.idf_[term]
        length = np.sqrt(np.bincount(text, value**2, minlength=len(texts)))
        value *= (model.encoder.transformer_weights or {}).get(name, 1.0) / length[text]
        for k, weights in enumerate(model.classifier.coef_):
            decided[:, k] += np.bincount(text, value * weights[first + term], minlength=len(texts))
        first += len(known)
    return decided


def _is_tfidf(encoder: Any) -> bool:
    return isinstance(encoder, FeatureUnion) and all(
        isinstance(part, TfidfVectorizer) and part.sublinear_tf and part.use_idf and part.norm == "l2"
        for _, part in encoder.transformer_list
    )


def classify_text(model: TextClassifier, texts: pd.Series) -> pd.DataFrame:
    """Say the most probable class of each normalised text, or that it needs review.

    Returns
    -------
    DataFrame
        Same rows: ``answer`` (a class, or "needs review"), ``best`` (the most probable class),
        ``confidence`` (its probability).
    """
    answer, best, confidence = answer_texts(model, texts.tolist())
    return pd.DataFrame(
        {
            "answer": pd.Series(answer, index=texts.index),
            "best": pd.Series(best, index=texts.index),
            "confidence": confidence,
        },
        index=texts.index,
    )


def answer_texts(model: TextClassifier, texts: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Do the same for a list: answer, most probable class and its probability, an array each."""
    odds = _decide(model, texts)
    if odds.shape[1] == 1:
        second = expit(odds)
        probabilities = np.hstack([1 - second, second])
    else:
        probabilities = softmax(odds, axis=1)
    confidence = probabilities.max(axis=1)
    best = np.asarray(model.classifier.classes_, dtype=object)[probabilities.argmax(axis=1)]
    return np.where(confidence >= model.threshold, best, NEEDS_REVIEW), best, confidence


def review_threshold(confidence: np.ndarray, keep: float = 0.95) -> float:
    """Find the threshold at which the share `keep` of validation texts gets an answer.

    >>> review_threshold(np.array([0.2, 0.4, 0.6, 0.8]), keep=0.75)
    0.4
    """
    ordered = np.sort(np.asarray(confidence))
    return float(ordered[int(np.floor(round((1 - keep) * len(ordered), 9)))])
