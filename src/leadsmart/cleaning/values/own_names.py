"""The lead's own name in a text: as written, in the other script, misspelled, shortened or run together."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA

from leadsmart.cleaning.values.sounds import Sound, read_sounds, sounds_alike
from leadsmart.person_names import fold_word

#: Shorter pieces of a name are words of the language too often.
SHORTEST_NAME: Final = 3
#: In a shorter one another letter makes another name.
SHORTEST_MISSPELLED: Final = 5

_MARKS: Final = r"\u0610-\u061a\u064b-\u065f\u0670"
_PLAIN_WORD: Final = rf"[^\W_](?:[^\W_]|[{_MARKS}]|['’](?=[^\W\d_]))*"
_ARTICLE: Final = r"(?:el|al|ul|ال)"
#: A word; "servant of" and "father of" go with what follows, and letters with blanks between them are one word.
_WORD: Final = re.compile(
    r"(?<![^\W_])(?:(?:[a-z](?:[ .\-][a-z]){3,}|[ء-ي](?:[ .\-][ء-ي]){3,})(?![^\W_])"
    rf"|(?:abd(?:[aeiou]l)?|ab[uo]u?|عبد|[اأ]بو)[ \-]+(?:{_ARTICLE}[ \-]+)?{_PLAIN_WORD}|{_PLAIN_WORD})",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(_PLAIN_WORD)
#: Other texts have plain words alone, which are found faster.
_JOINS: Final = re.compile(r"(?<!\S)[^\W\d_][ .\-][^\W\d_][ .\-]|ab[duo]|عبد|[اأ]بو", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"[\s.\-]+")
_TITLES: Final = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "eng",
        "prof",
        "sir",
        "md",
        "jr",
        "phd",
        "el",
        "al",
        "ul",
        "bin",
        "ben",
        "ibn",
        "ال",
        "بن",
        "ابن",
        "م",
        "د",
        "ا",
        "مهندس",
        "دكتور",
        "استاذ",
        "مدام",
        "الحاج",
    ]
)
#: Words that people write often: they are a name only where they stand as one.
_COMMON: Final = frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").split())
_SHORT_FORMS: Final = {
    "mohamed": "mohd muhd moh mido hamada", "ahmed": "hamada", "mahmoud": "hamada mido", "abd": "abdo abdou عبده",
    "mostafa": "darsh درش", "ibrahim": "hima هيما", "fatma": "fatoom fifi", "mariam": "maro mimi", "michael": "mike mick",
    "robert": "bob rob bobby", "william": "bill will billy", "elizabeth": "liz beth betty", "james": "jim jimmy",
    "anthony": "tony", "thomas": "tom tommy", "katherine": "kate katie kathy", "nicholas": "nick", "joseph": "joe",
    "john": "jack johnny", "andrew": "andy drew", "edward": "ed eddie ted", "richard": "rick dick rich",
    "david": "dave", "stephen": "steve", "steven": "steve", "margaret": "meg peggy", "charles": "chuck charlie",
}  # fmt: skip
#: Consonants of a name -> the name and how it sounds.
_SHORTENED_NAMES: Final = {
    sound.consonants: [
        (other, reading)
        for other in _SHORT_FORMS
        for reading in read_sounds(other)
        if reading.consonants == sound.consonants
    ]
    for name in _SHORT_FORMS
    for sound in read_sounds(name)
}
_BEFORE: Final = frozenset(
    [
        "im",
        "i'm",
        "name",
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "eng",
        "sir",
        "ya",
        "ana",
        "esmy",
        "esmi",
        "ismi",
        "regards",
        "sincerely",
        "cheers",
        "انا",
        "اسمي",
        "الاسم",
        "معاك",
        "معاكم",
        "معك",
        "استاذ",
        "استاذه",
        "مهندس",
        "دكتور",
        "يا",
        "مدام",
        "اخوك",
        "اختك",
        "تحياتي",
    ]
)
_BEFORE_IS: Final = frozenset(("name", "this", "it", "here"))
_AFTER: Final = frozenset(["here", "speaking", "معاك", "معاكم", "معك", "بتكلم", "يتحدث"])
_THANKS: Final = frozenset(["thanks", "thank", "you", "regards", "shokran", "شكرا", "جزيلا", "تحياتي"])
_PLACE_BEFORE: Final = frozenset(
    [
        "city",
        "compound",
        "project",
        "street",
        "sheikh",
        "sh",
        "sheik",
        "مدينه",
        "كمبوند",
        "كومباوند",
        "مشروع",
        "شارع",
        "الشيخ",
        "ميدان",
        "محور",
        "قريه",
    ]
)
_PLACE_AFTER: Final = frozenset(
    [
        "city",
        "compound",
        "project",
        "hills",
        "heights",
        "park",
        "gardens",
        "residence",
        "towers",
        "street",
        "square",
        "bay",
        "village",
        "mall",
    ]
)
_ENDS: Final = re.compile(r"[\s.!،,\-–—:;()]*")


class Word(NamedTuple):
    """A word of a text, folded, and where it stands."""

    folded: str
    start: int
    end: int


@lru_cache(maxsize=1 << 17)
def _fold(word: str) -> str:
    return fold_word(_BETWEEN.sub("", word)).replace("’", "'")


def find_words(text: str) -> list[Word]:
    """All words with a letter.

    >>> [word.folded for word in find_words("Abd El-Rahman, o.m.a.r and 4 others")]
    ['abdelrahman', 'omar', 'and', 'others']
    """
    pattern = _WORD if _JOINS.search(text) else _PLAIN
    return [
        Word(_fold(match[0]), match.start(), match.end())
        for match in pattern.finditer(text)
        if not match[0].isnumeric()
    ]


def name_tokens(name: str) -> frozenset[str]:
    """The pieces of a name that give it away, with and without their article.

    >>> sorted(name_tokens("Dr. Sara Al-Masry"))
    ['masry', 'sara']
    """
    words = [part for word in find_words(name) for part in word.folded.split("'")]
    pieces = [piece for word in words for piece in _without_article(word)]
    return frozenset(p for p in pieces if len(p) >= SHORTEST_NAME and p not in _TITLES)


def _without_article(word: str) -> tuple[str, ...]:
    bare = re.sub(r"^(?:[ae]l(?=.{4})|ال(?=.{3}))", "", word)
    return (word,) if bare == word else (word, bare)


@lru_cache(maxsize=1 << 16)
def _name_forms(name: str) -> frozenset[str]:
    """What may stand for the name: its tokens, and neighbours run together."""
    words = [word.folded.replace("'", "") for word in find_words(name)]
    runs = (words[i:j] for i in range(len(words)) for j in range(i + 2, len(words) + 1))
    split = (part for word in words for part in re.split(r"(?:el|al|ul|ال)(?=d[ie]+n$|دين$)", word)[:-1])
    forms = {*name_tokens(name), *("".join(run) for run in runs), *split}
    return frozenset(form for form in forms if len(form) >= SHORTEST_NAME)


class Vocabulary:
    """The words of all texts of a market, by how they are spelled and how they sound.

    Names are sought among distinct words once, instead of in each text: which words a name stands for depends on
    name and word alone.

    Parameters
    ----------
    words : iterable of str
        Folded.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._spelled: defaultdict[str, set[str]] = defaultdict(set)
        self._sounding: defaultdict[str, set[tuple[Sound, str]]] = defaultdict(set)
        self._shortened: defaultdict[str, set[str]] = defaultdict(set)
        for word in set(words):
            for variant, is_whole in _variants(word):
                self._spelled[variant].add(word)
                if is_whole or len(variant) > SHORTEST_NAME:
                    for sound in read_sounds(variant):
                        self._sounding[sound.consonants].add((sound, word))
                if is_whole and len(variant) >= SHORTEST_MISSPELLED - 1:
                    for shortened in _shortened(variant):
                        self._shortened[shortened].add(word)
        self._of_form: dict[str, frozenset[str]] = {}
        self._of_name: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    def find(self, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """Words that stand for a name, and those that may be short for it."""
        if name not in self._of_name:
            forms = _name_forms(name)
            known = {word for form in forms for word in _known_short_forms(form)}
            found = frozenset().union(
                *map(self._find_form, forms), *(self._spelled.get(word, ()) for word in known - _COMMON)
            )
            cut = {form[:n] for form in forms for n in range(SHORTEST_NAME, len(form))}
            short = {word for part in cut | known for word in self._spelled.get(part, ())}
            self._of_name[name] = found, frozenset(short - found)
        return self._of_name[name]

    def _find_form(self, form: str) -> frozenset[str]:
        if form not in self._of_form:
            self._of_form[form] = frozenset(self._stand_for(form))
        return self._of_form[form]

    def _stand_for(self, form: str) -> Iterator[str]:
        yield from self._spelled.get(form, ())
        for sound in read_sounds(form):
            for variant, word in self._sounding.get(sound.consonants, ()):
                if sounds_alike(sound, variant):
                    yield word
        if len(form) >= SHORTEST_MISSPELLED:
            candidates = set().union(*(self._shortened.get(key, ()) for key in _shortened(form)))
            for word in candidates - _COMMON:
                if any(
                    OSA.distance(form, v, score_cutoff=1) <= 1 for v, is_whole in _variants(word) if is_whole
                ):
                    yield word


def _variants(word: str) -> list[tuple[str, bool]]:
    """A word without what may stand around a name, and whether that is no mere letter of Arabic."""
    whole = {
        word,
        word.replace("'", ""),
        word.partition("'")[0],
        word.rstrip("0123456789"),
        word.lstrip("0123456789"),
    }
    whole |= {bare for w in whole for bare in _without_article(w)}
    joined = {w[len(p) :] for w in whole for p in ("وال", "و", "ل", "ب", "ي", "يا") if w.startswith(p)}
    # Arabic writes no short vowels: Mai has two letters
    shortest = SHORTEST_NAME if word.isascii() else SHORTEST_NAME - 1
    return [(w, True) for w in whole if len(w) >= shortest] + [
        (w, False) for w in joined if len(w) >= SHORTEST_NAME
    ]


def _shortened(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def _known_short_forms(form: str) -> Iterator[str]:
    if form.startswith(("abd", "عبد")):
        yield from _SHORT_FORMS["abd"].split()
    for sound in read_sounds(form):
        for name, other in _SHORTENED_NAMES.get(sound.consonants, ()):
            if sounds_alike(sound, other):
                yield from _SHORT_FORMS[name].split()


def find_own_name(
    text: str, words: list[Word], own: frozenset[str], short: frozenset[str], tokens: frozenset[str]
) -> list[Word]:
    """The words of a text that are the lead's name.

    Parameters
    ----------
    text : str
    words : list of Word
        Those of the text that may be a name.
    own, short : frozenset of str
        See `Vocabulary.find`.
    tokens : frozenset of str
        See `name_tokens`.

    Returns
    -------
    list of Word
    """
    is_own = [word.folded in own or _holds_tokens(word.folded, tokens) for word in words]
    return [
        word
        for i, word in enumerate(words)
        if (is_own[i] and _is_name(text, words, is_own, i))
        or (word.folded in short and _introduces(words, i))
    ]


def _holds_tokens(word: str, tokens: frozenset[str]) -> bool:
    """Whether the pieces of a name make up a word, as in handles: ahmedali."""
    if len(word) <= SHORTEST_NAME or not any(token in word for token in tokens):
        return False
    rest = word
    for token in sorted(tokens, key=len, reverse=True):
        rest = rest.replace(token, "", 1)
    return len(word) - len(rest) >= max(5, len(word) - 2)


def _is_name(text: str, words: list[Word], is_own: list[bool], i: int) -> bool:
    """Whether a word stands as the name that it may be: places and common words are names in few positions."""
    if any(0 <= j < len(words) and is_own[j] for j in (i - 1, i + 1)) or _introduces(words, i):
        return True
    before = words[i - 1].folded if i else ""
    after = words[i + 1].folded if i + 1 < len(words) else ""
    if before in _PLACE_BEFORE or after in _PLACE_AFTER:
        return False
    return words[i].folded not in _COMMON or _signs(text, words, i) or _is_capital(text, words, i)


def _introduces(words: list[Word], i: int) -> bool:
    before = [word.folded for word in words[max(0, i - 2) : i]]
    after = words[i + 1].folded if i + 1 < len(words) else ""
    if after in _AFTER or (before and before[-1] in _BEFORE):
        return True
    return len(before) == 2 and ((before[-1] == "is" and before[0] in _BEFORE_IS) or before == ["i", "am"])


def _signs(text: str, words: list[Word], i: int) -> bool:
    """Whether the word ends the text behind a stop or thanks, or is all of it."""
    if not _ENDS.fullmatch(text, words[i].end):
        return False
    if not i:
        return bool(_ENDS.fullmatch(text, 0, words[i].start))
    between = text[words[i - 1].end : words[i].start]
    return words[i - 1].folded in _THANKS or bool(re.search(r"[-–—,،.\n:|/(]", between))


def _is_capital(text: str, words: list[Word], i: int) -> bool:
    """Whether a capital sets the word apart from those around it."""
    written = [text[word.start : word.end] for word in words]
    if not (written[i][0].isupper() and written[i][1:].islower() and i):
        return False
    starts_sentence = re.search(r"[.!?:\n]", text[words[i - 1].end : words[i].start])
    return not starts_sentence and sum(w[0].isupper() for w in written) <= len(written) / 2
