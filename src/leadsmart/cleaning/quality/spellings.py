"""Projects that may be one, spelled differently: reported, never merged."""

import difflib
import re
import unicodedata
from typing import Final

import pandas as pd

#: Spellings this alike are likely one project, unless they differ in a number.
LEAST_SIMILARITY: Final = 0.9
#: Comparing every pair takes long where there are very many projects; equal spellings are still found.
MOST_COMPARED: Final = 400
SPELLING_COLUMNS: Final = ["project_name", "campaigns", "similar_to", "similar_campaigns", "reason"]


def find_likely_duplicates(campaigns: pd.DataFrame) -> pd.DataFrame:
    """Pairs of project names that likely mean the same project.

    Parameters
    ----------
    campaigns : DataFrame
        Clean campaigns.

    Returns
    -------
    DataFrame
        One row per pair: ``project_name`` (of fewer campaigns), ``campaigns``, ``similar_to``,
        ``similar_campaigns`` (counts) and ``reason``.
    """
    counts = campaigns["project_name"].value_counts()
    names = sorted(counts.index)
    plain = {name: _plain_spelling(name) for name in names}
    numbers = {name: re.findall(r"\d+", plain[name]) for name in names}
    rows = []
    for i, name in enumerate(names):
        for other in names[i + 1 :]:
            reason = _reason(plain[name], plain[other], len(names) <= MOST_COMPARED)
            if reason and numbers[name] == numbers[other]:
                small, large = sorted((name, other), key=lambda n: (counts[n], n))
                rows.append((small, int(counts[small]), large, int(counts[large]), reason))
    result = pd.DataFrame(rows, columns=SPELLING_COLUMNS)
    return result.astype({"project_name": "str", "similar_to": "str", "reason": "str"})


def _plain_spelling(name: str) -> str:
    """A name without case, accents, punctuation and variants of Arabic letters.

    >>> _plain_spelling("Mountain-View  iCity"), _plain_spelling("Café")
    ('mountain view icity', 'cafe')
    """
    text = unicodedata.normalize("NFKD", name.casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = text.translate(str.maketrans("ةى", "هي", "ـ"))
    return " ".join(re.findall(r"\w+", text))


def _reason(one: str, other: str, compare: bool) -> str:
    if one.replace(" ", "") == other.replace(" ", ""):
        return "same letters"
    if sorted(one.split()) == sorted(other.split()):
        return "same words in another order"
    short, long = sorted((len(one), len(other)))
    is_comparable = compare and short >= 6 and long - short <= 0.2 * long
    if is_comparable and difflib.get_close_matches(other, [one], cutoff=LEAST_SIMILARITY):
        return "nearly the same letters"
    return ""
