"""TF-IDF of the words and letters of texts; a text is split into terms once, however many models learn from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from leadsmart.errors import ModelError

#: A term must occur in the messages of this many different leads: fewer could identify a person.
MIN_LEADS_PER_TERM: Final = 5
#: What letters count against words: the best of a few on held-out training texts of BANKING77 and on CLINC150's
#: validation texts (benchmarks/intent.md).
TERM_WEIGHTS: Final = {"words": 1.0, "letters": 2.0}
#: Texts whose terms are kept in memory.
MAX_KEPT: Final = 100_000

#: Kind of term -> the terms of a text, in order: words 1-2-grams, letters 2-5-grams within words.
_ANALYZERS: Final[dict[str, Callable[[str], list[str]]]] = {
    "words": CountVectorizer(ngram_range=(1, 2), token_pattern=r"\w\w+", lowercase=False).build_analyzer(),
    "letters": CountVectorizer(analyzer="char_wb", ngram_range=(2, 5), lowercase=False).build_analyzer(),
}
#: Kind of term -> every term counted so far, and its column.
_COLUMNS: Final[dict[str, dict[str, int]]] = {kind: {} for kind in _ANALYZERS}


@dataclass(frozen=True)
class Vocabulary:
    """The terms of one kind that a text model knows.

    Attributes
    ----------
    kind : str
        ``words`` or ``letters``.
    terms : tuple of str
        In alphabetical order.
    idf : array
        Inverse document frequency of each term.
    """

    kind: str
    terms: tuple[str, ...]
    idf: np.ndarray

    @cached_property
    def columns(self) -> dict[str, int]:
        """The column of each term."""
        return {term: column for column, term in enumerate(self.terms)}


def fit_vocabularies(texts: Sequence[str], is_first: np.ndarray) -> tuple[tuple[Vocabulary, ...], csr_matrix]:
    """Learn the terms that enough leads wrote, and weigh those of each text.

    Parameters
    ----------
    texts : sequence of str
        Normalised texts.
    is_first : array of bool
        Whether a text is a person's first: only these count for the vocabulary, or five leads of one person would
        be five different leads.

    Returns
    -------
    tuple of Vocabulary
        Words, then letters.
    csr_matrix, shape (texts, terms)
        Sublinear TF-IDF of the terms of all vocabularies, each kind of length 1 times its weight.

    Raises
    ------
    ModelError
        If no term of a kind occurs often enough.
    """
    vocabularies, matrices = [], []
    for kind, weight in TERM_WEIGHTS.items():
        counts = _count_terms(kind, texts)
        names = list(_COLUMNS[kind])
        leads = np.bincount(counts[is_first].indices, minlength=len(names))
        common = sorted(np.flatnonzero(leads >= MIN_LEADS_PER_TERM).tolist(), key=names.__getitem__)
        if not common:
            raise ModelError(
                f"no term occurs in the messages of {MIN_LEADS_PER_TERM} different leads",
                remedy="Collect more messages, or leave the messages out", count=sum(text != "" for text in texts),
            )  # fmt: skip
        counts = counts[:, common]
        counts.sort_indices()
        weighting = TfidfTransformer(sublinear_tf=True).fit(counts[is_first])
        vocabularies.append(Vocabulary(kind, tuple(names[c] for c in common), weighting.idf_))
        matrices.append(weighting.transform(counts) * weight)
    return tuple(vocabularies), csr_matrix(hstack(matrices))


def tfidf_entries(vocabulary: Vocabulary, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the TF-IDF of the known terms of a few texts, without the matrix that costs a single text more than its terms.

    Parameters
    ----------
    vocabulary : Vocabulary
    texts : sequence of str
        Normalised texts.

    Returns
    -------
    arrays of int, int, float
        Text, column of the term and its TF-IDF, one entry per text and known term.
    """
    analyze, known = _ANALYZERS[vocabulary.kind], vocabulary.columns
    found = [i * len(known) + known[t] for i, text in enumerate(texts) for t in analyze(text) if t in known]
    place, times = np.unique(np.array(found, dtype=np.int64), return_counts=True)
    text, term = place // len(known), place % len(known)
    value = (1 + np.log(times)) * vocabulary.idf[term]
    length = np.sqrt(np.bincount(text, value**2, minlength=len(texts)))
    return text, term, value * (TERM_WEIGHTS[vocabulary.kind] / length[text])


def _count_terms(kind: str, texts: Sequence[str]) -> csr_matrix:
    """Count the terms of each text: a column for every term counted so far."""
    rows = [_terms_of(kind, text) for text in texts]
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns, counts = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    shape = (len(rows), len(_COLUMNS[kind]))
    return csr_matrix((counts.astype(np.float32), columns, ends), shape=shape)


@lru_cache(MAX_KEPT)
def _terms_of(kind: str, text: str) -> tuple[np.ndarray, np.ndarray]:
    """Columns of a text's terms, and how often it has each."""
    known = _COLUMNS[kind]
    columns = [known.setdefault(term, len(known)) for term in _ANALYZERS[kind](text)]
    return np.unique(np.array(columns, dtype=np.int32), return_counts=True)
