"""Whether texts are names of people, by given names that are common in the markets and by those an export shows."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

_ARABIC_FOLD: Final = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ـ": None}
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*\.?")
#: More words are a sentence.
MOST_WORDS: Final = 4
_TITLES: Final = frozenset({"mr", "mrs", "ms", "dr", "eng", "prof", "م", "د", "ا"})
#: Words that stand in names of firms, places and answers, never in those of people.
_NO_NAMES: Final = frozenset(
    {
        "a", "an", "and", "as", "at", "by", "for", "from", "in", "my", "no", "not", "of", "on", "or", "the",
        "to", "with", "yes", "new", "old", "city", "park", "hills", "bay", "view", "coast", "tower",
        "towers", "compound", "residence", "gardens", "street", "road", "north", "south", "east", "west",
    }
)  # fmt: skip
#: Common given names, folded.
_GIVEN_NAMES: Final = frozenset(
    Path(__file__).with_name("given_names.txt").read_text(encoding="utf-8").split()
)


@lru_cache(maxsize=1 << 16)
def fold_word(word: str) -> str:
    """A word without case, accents and spelling variants of Arabic letters.

    >>> fold_word("José"), fold_word("أحمد")
    ('jose', 'احمد')
    """
    word = word.translate(_ARABIC_FOLD)
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_ARABIC_FOLD)


def is_name(text: str, known: Collection[str] = ()) -> bool:
    """Whether a text of a few words is the name of a person.

    Parameters
    ----------
    text : str
    known : collection of str
        Folded words that are given names beyond the common ones.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_name("Mona Sabry"), is_name("منى صبري"), is_name("Mona Lane 4"), is_name("New Cairo"), is_name("Ready to move")
    (True, True, False, False, False)
    """
    words = name_words(text)
    return bool(words) and (words[0] in _GIVEN_NAMES or (len(words) > 1 and words[0] in known))


def looks_like_name(text: str) -> bool:
    """Whether a text has the form of a full name: two to four words, each with a capital.

    >>> looks_like_name("Siobhan Duffy"), looks_like_name("End of year"), looks_like_name("3 Bedrooms")
    (True, False, False)
    """
    return len(name_words(text)) > 1 and all(word[0].isupper() for word in text.split())


def name_words(text: str) -> list[str]:
    """The folded words of a text without titles; none where it can't be a name."""
    words = text.split()
    if not all(_WORD.fullmatch(word) for word in words):
        return []
    folded = [word for word in (fold_word(word.rstrip(".")) for word in words) if word not in _TITLES]
    return [] if len(folded) > MOST_WORDS or _NO_NAMES & set(folded) else folded


def share_of_names(texts: Iterable[str], known: Collection[str] = ()) -> float:
    """Share of the texts that are names of people; 0 where there are none."""
    judged = [is_name(text, known) for text in texts]
    return sum(judged) / len(judged) if judged else 0.0
