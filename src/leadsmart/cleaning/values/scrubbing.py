"""Free text without contacts: e-mails, phones, links, long numbers and the lead's own name are replaced."""

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from leadsmart.cleaning.values.texts import clean_text, map_distinct
from leadsmart.person_names import fold_word

if TYPE_CHECKING:
    import pandas as pd

EMAIL: Final = "[email]"
PHONE: Final = "[phone]"
LINK: Final = "[link]"
NUMBER: Final = "[number]"
NAME: Final = "[name]"
PLACEHOLDERS: Final = (EMAIL, PHONE, LINK, NUMBER, NAME)

#: Shorter pieces of a name are words of the language too often.
SHORTEST_NAME: Final = 3

_AT = r"(?:\s?[@＠]\s?|\s?[\[({]\s?(?:at|@)\s?[\])}]\s?)"
_EMAIL = re.compile(
    rf"[^\s@<>(),;:\"'\[\]]+{_AT}[^\s@<>(),;:\"'\[\]]+(?:\.|\s?[\[(]dot[\])]\s?)\w{{2,}}", re.IGNORECASE
)
_AT_LEFT = re.compile(r"[\w.+\-]+@[\w.\-]*")
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w\-]+(?:\.[\w\-]+)*\.(?:com|net|org|eg|io|me|co|link|ly|info|app|sa|ae|site)\b(?:/\S*)?",
    re.IGNORECASE,
)
#: At least seven digits with at most two separators between any two of them.
_PHONE = re.compile(r"(?<![\w\d])[+(]*\d(?:[\s().\-/_]{0,2}\d){6,}(?!\d)")
_NUMBER = re.compile(r"\d(?:[,'’]?\d){5,}")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_HINT = re.compile(r"[@＠\d]|\bat\b|://|www|\.[A-Za-z]{2}", re.IGNORECASE)
_ARABIC_PREFIXES: Final = ("وال", "ال", "و", "ل", "ب", "ي")


def scrub_text(text: str) -> str:
    """Replace e-mails, phones, links and long numbers.

    >>> scrub_text("call +20 100 123 4567 or sara.ali@mail.com, see www.x.com/a, unit 1234567")
    'call [phone] or [email], see [link] unit [number]'
    """
    if not _HINT.search(text):
        return text
    text = _EMAIL.sub(EMAIL, text)
    text = _AT_LEFT.sub(EMAIL, text)
    text = _LINK.sub(LINK, text)
    text = _PHONE.sub(_phone_or_number, text)
    return _NUMBER.sub(NUMBER, text)


def _phone_or_number(match: re.Match[str]) -> str:
    return NUMBER if match[0].isdigit() and not 9 <= len(match[0]) <= 15 else PHONE


def holds_contact(text: str) -> bool:
    """Whether a short text such as a status or a project holds an e-mail, a phone, or a long number.

    >>> holds_contact("a@b.com"), holds_contact("0100 123 4567"), holds_contact("Phase 2, 2024")
    (True, True, False)
    """
    return bool(_EMAIL.search(text) or _AT_LEFT.search(text) or _PHONE.search(text) or _NUMBER.search(text))


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
    pairs = pd.DataFrame({"text": texts, "name": names}).dropna()
    tokens = map_distinct(pairs["name"], name_tokens, dtype="object")
    folded = map_distinct(pairs["text"], _fold_words)
    # most texts hold no piece of the name, not even inside a word, and looking for one is cheap
    replaced = [
        _replace_name(text, own) if any(token in words for token in own) else text
        for text, words, own in zip(
            *(c.to_numpy(object) for c in (pairs["text"], folded, tokens)), strict=True
        )
    ]
    result = texts.copy()
    result.loc[pairs.index] = pd.Series(replaced, index=pairs.index, dtype="str")
    return result


def name_tokens(name: str) -> frozenset[str]:
    """The pieces of a name that give it away.

    >>> sorted(name_tokens("Dr. Sara Al-Masry"))
    ['masry', 'sara']
    """
    words = (fold_word(word) for word in _WORD.findall(unicodedata.normalize("NFKC", name)))
    return frozenset(
        word for word in words if len(word) >= SHORTEST_NAME and word not in ("mrs", "eng", "miss")
    )


def _fold_words(text: str) -> str:
    return " ".join(fold_word(word) for word in _WORD.findall(text))


def _replace_name(text: str, tokens: frozenset[str]) -> str:
    def replace(match: re.Match[str]) -> str:
        word = fold_word(match[0])
        if word in tokens or any(part in tokens for part in re.split(r"['’]", word)):
            return NAME
        bare = (word.removeprefix(prefix) for prefix in _ARABIC_PREFIXES if word.startswith(prefix))
        if any(rest in tokens for rest in bare):
            return NAME
        # names run together, as in handles: ahmedali
        joined = sum(len(token) for token in tokens if token in word)
        return NAME if len(word) > SHORTEST_NAME and joined >= max(5, len(word) - 2) else match[0]

    # placeholders are words too: a lead called "Phone" must not change them
    pieces = re.split(r"(\[(?:email|phone|link|number|name)\])", text)
    return "".join(piece if i % 2 else _WORD.sub(replace, piece) for i, piece in enumerate(pieces))
