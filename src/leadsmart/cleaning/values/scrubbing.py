"""Free text of leads without contacts and without the lead's own name."""

import re
from collections.abc import Iterator
from typing import Final

import pandas as pd

from leadsmart.cleaning.values.contact_patterns import EMAIL, HANDLE, LINK, NUMBER, PHONE, scrub_text
from leadsmart.cleaning.values.own_names import (
    Vocabulary,
    Word,
    find_own_name,
    find_words,
    name_tokens,
)
from leadsmart.cleaning.values.texts import clean_text, factorize, map_distinct

NAME: Final = "[name]"
PLACEHOLDERS: Final = (EMAIL, PHONE, LINK, NUMBER, HANDLE, NAME)

_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS)))
#: What is left of "light of the faith".
_OF_THE_FAITH = re.compile(
    rf"(?<={re.escape(NAME)})[\s\-]+(?:(?:el|al)[\s\-]*d[ie]+n|الدين)\b", re.IGNORECASE
)


def scrub_messages(messages: "pd.Series", names: "pd.Series") -> "pd.Series":
    """Clean free text of leads.

    Parameters
    ----------
    messages : Series of str
        As exported.
    names : Series of str
        The lead's own name, same index.

    Returns
    -------
    Series of str
        Missing where there is no text.
    """
    # headers are read without pandas, which takes a second to import
    import pandas as pd

    texts = map_distinct(map_distinct(messages, clean_text), scrub_text)
    pairs = pd.DataFrame({"text": texts, "name": map_distinct(names, clean_text)}).dropna()
    result = texts.copy()
    result.loc[pairs.index] = pd.Series(
        list(_without_names(pairs["text"], pairs["name"])), index=pairs.index, dtype="str"
    )
    return result


def _without_names(texts: pd.Series, names: pd.Series) -> Iterator[str]:
    (text_codes, distinct_texts), (name_codes, distinct_names) = factorize(texts), factorize(names)
    words = [_words_of(text) for text in distinct_texts]
    folded = [frozenset(word.folded for word in each) for each in words]
    joined = [" ".join(each) for each in folded]
    vocabulary = Vocabulary({word for each in folded for word in each})
    found = [vocabulary.find(name) for name in distinct_names]
    tokens = [name_tokens(name) for name in distinct_names]
    for t, n in zip(text_codes.tolist(), name_codes.tolist(), strict=True):
        own, short = found[n]
        # most texts hold no piece of the name, not even inside a word, and looking for one is cheap
        if (
            own.isdisjoint(folded[t])
            and short.isdisjoint(folded[t])
            and not any(token in joined[t] for token in tokens[n])
        ):
            yield distinct_texts[t]
        else:
            yield _replace(
                distinct_texts[t], find_own_name(distinct_texts[t], words[t], own, short, tokens[n])
            )


def _words_of(text: str) -> list[Word]:
    """Placeholders are words too: a lead called "Phone" must not change them."""
    return find_words(_PLACEHOLDER.sub(lambda match: " " * len(match[0]), text))


def _replace(text: str, own: list[Word]) -> str:
    for word in reversed(own):
        text = text[: word.start] + NAME + text[word.end :]
    return _OF_THE_FAITH.sub("", text) if own else text
