"""How a name sounds, so that its spellings in Arabic, Latin and chat letters can be compared.

A word is read as consonants and the vowels between them. Arabic writes long vowels only, Latin letters spell one
consonant in several ways, and digits stand for Arabic letters in chats (7 is ح): see `Sound`.
"""

import itertools
import re
from functools import lru_cache
from typing import Final, NamedTuple

_ARABIC: Final = re.compile(r"[\u0621-\u064a]")
#: Digits of the chat alphabet, as the Latin letters that would stand there.
_CHAT_DIGITS: Final = str.maketrans({"2": "a", "3": "a", "5": "kh", "6": "t", "7": "h", "8": "gh", "9": "s"})
#: Consonants, each with all that it may stand for.
_LATIN_CONSONANTS: Final[dict[str, tuple[str, ...]]] = {
    "sch": ("$",), "tch": ("$",), "chr": ("kr", "$r"), "ch": ("$", "k", "x"), "sh": ("$", "sh"), "kh": ("x", "kh"),
    "gh": ("G", "j"), "th": ("s", "t", "th"), "dh": ("z", "d", "dh"), "ph": ("f",), "ck": ("k",), "dj": ("j",),
    "b": ("b",), "c": ("k", "s"), "d": ("d",), "f": ("f",), "g": ("j", "G"), "h": ("h",), "j": ("j",), "k": ("k",),
    "l": ("l",), "m": ("m",), "n": ("n",), "p": ("b",), "q": ("k",), "r": ("r",), "s": ("s",), "t": ("t",),
    "v": ("f",), "x": ("ks",), "z": ("z",),
}  # fmt: skip
_ARABIC_CONSONANTS: Final[dict[str, tuple[str, ...]]] = {
    "تش": ("$",), "ب": ("b",), "پ": ("b",), "ت": ("t",), "ث": ("s", "t"), "ج": ("j",), "چ": ("j", "$"), "ح": ("h",),
    "خ": ("x",), "د": ("d",), "ذ": ("z", "d"), "ر": ("r",), "ز": ("z",), "س": ("s",), "ش": ("$",), "ص": ("s",),
    "ض": ("d", "z"), "ط": ("t",), "ظ": ("z", "d"), "غ": ("G", "j"), "ف": ("f",), "ڤ": ("f",), "ق": ("k",),
    "ك": ("k",), "گ": ("j",), "ل": ("l",), "م": ("m",), "ن": ("n",), "ه": ("h",),
}  # fmt: skip
_LATIN_VOWELS: Final = {"a": "A", "e": "E", "i": "I", "y": "I", "o": "U", "u": "U", "w": "U"}
#: `*` is a sound that Latin letters write as any vowel, or not at all.
_ARABIC_VOWELS: Final = {"ا": "A", "و": "U", "ي": "I", "ى": "I", "ع": "*", "ء": "*", "ؤ": "*", "ئ": "*"}
_CONSONANTS: Final = _LATIN_CONSONANTS | _ARABIC_CONSONANTS
_VOWELS: Final = _LATIN_VOWELS | _ARABIC_VOWELS
_LETTERS: Final = re.compile(
    "|".join(sorted((*_CONSONANTS, *_VOWELS), key=lambda letters: (-len(letters), letters)))
)
#: "Servant of" with its article, which melts into some consonants: Abdurrahman.
_LATIN_ABD: Final = re.compile(r"^abd[aeiou]{0,2}(?:l(?=.{2})|([rsnzdt])(?=\1))")
_ARABIC_ABD: Final = re.compile(r"^عبد ?ال(?=.{2})")
#: Names whose spelling hides how they sound.
_IRREGULAR: Final = {"عمرو": "عمر", "طه": "طاها", "موسي": "موسا", "عيسي": "عيسا"}
_SILENT_H: Final = re.compile(r"(?<=[aeiou])h$")
_MOST_READINGS: Final = 8


class Sound(NamedTuple):
    """One reading of a word.

    Attributes
    ----------
    consonants : str
        One sign per sound.
    vowels : tuple of str
        Before, between and after the consonants: classes of vowels, empty where none is written.
    is_arabic : bool
        Whether short vowels are unwritten.
    """

    consonants: str
    vowels: tuple[str, ...]
    is_arabic: bool


@lru_cache(maxsize=1 << 17)
def read_sounds(word: str) -> tuple[Sound, ...]:
    """All readings of a folded word; none where it has letters of another script.

    >>> read_sounds("ahmed")[0].consonants, read_sounds("احمد")[0].consonants, read_sounds("a7med")[0].consonants
    ('hmd', 'hmd', 'hmd')
    """
    is_arabic = bool(_ARABIC.search(word))
    word = _IRREGULAR.get(word, word)
    word = _ARABIC_ABD.sub("عبد", word) if is_arabic else _LATIN_ABD.sub("abd", word.translate(_CHAT_DIGITS))
    word = word.replace(" ", "").replace("'", "").replace("’", "")
    if not is_arabic:
        word = re.sub("c(?=[eiy])", "s", word)
    # the h of Sarah is silent, that of Saleh is not
    spoken = [word.removesuffix("h"), word] if _SILENT_H.search(word) else [word]
    return tuple(sound for letters in spoken for sound in _readings(letters, is_arabic))


def _readings(word: str, is_arabic: bool) -> list[Sound]:
    letters = _LETTERS.findall(word)
    if sum(map(len, letters)) != len(word):
        return []
    if is_arabic and len(letters) > 1:
        letters[0] = "ع" if letters[0] == "ا" else letters[0]
        letters[-1] = "ا" if letters[-1] == "ه" else letters[-1]
    vowels: list[str] = [""]
    readings: list[tuple[str, ...]] = []
    for letter in letters:
        if letter in _VOWELS:
            vowels[-1] += _VOWELS[letter]
        elif not readings or vowels[-1] or readings[-1] != _CONSONANTS[letter]:
            readings.append(_CONSONANTS[letter])
            vowels.append("")
    several = itertools.islice(itertools.product(*readings), _MOST_READINGS)
    return [_sound(signs, vowels, is_arabic) for signs in several]


def _sound(signs: tuple[str, ...], vowels: list[str], is_arabic: bool) -> Sound:
    """Nothing stands between the letters of a consonant that is read as two."""
    spread = [vowels[0]]
    for sign, behind in zip(signs, vowels[1:], strict=True):
        spread += [""] * (len(sign) - 1) + [behind]
    return Sound("".join(signs), tuple(spread), is_arabic)


def sounds_alike(one: Sound, other: Sound) -> bool:
    """Whether two readings with the same consonants may be one name, by their vowels.

    The longer the name, the more vowels may differ: with four consonants two, with three one between consonants.

    >>> hassan, hussein = read_sounds("hassan")[0], read_sounds("hussein")[0]
    >>> sounds_alike(hassan, read_sounds("حسن")[0]), sounds_alike(hassan, hussein)
    (True, False)
    """
    crosses, length = one.is_arabic != other.is_arabic, len(one.consonants)
    arabic, latin = (one, other) if one.is_arabic else (other, one)
    last = len(one.vowels) - 1
    if crosses:
        differs = [
            not _spells(a, b, is_last=i == last)
            for i, (a, b) in enumerate(zip(arabic.vowels, latin.vowels, strict=True))
        ]
    elif one.is_arabic:
        differs = [
            a.replace("*", "") != b.replace("*", "") for a, b in zip(one.vowels, other.vowels, strict=True)
        ]
    else:
        # chats leave short vowels out: Ahmd
        differs = [
            not (_agree(a, b, length) or (0 < i < last and len(a + b) == 1 and length > 2))
            for i, (a, b) in enumerate(zip(one.vowels, other.vowels, strict=True))
        ]
    # the e of Nadine is silent
    differs[-1] &= length < 3 or {one.vowels[-1], other.vowels[-1]} != {"", "E"}
    if length > 3:
        return sum(differs) <= (2 if crosses else 1)
    return not (differs[0] or differs[-1]) and sum(differs) <= (crosses and length == 3)


def _agree(a: str, b: str, length: int) -> bool:
    """Whether Latin vowels are the same; of names with few consonants all of them."""
    if length > 2:
        return a == b or bool(_classes(a) & _classes(b))
    return _strict(a) <= _classes(b) and _strict(b) <= _classes(a) and bool(a) == bool(b)


def _spells(arabic: str, latin: str, is_last: bool) -> bool:
    """Whether Latin vowels may spell what Arabic writes between two consonants."""
    if not arabic and is_last:
        return not latin
    if not arabic:
        return len(latin) <= 1 or latin in ("UU", "EE", "AA", "AE")
    if (arabic, latin) == ("AI", "I"):
        return True
    if "*" in arabic:
        return set(arabic) - {"*"} <= _classes(latin) if latin else arabic == "*"
    if is_last and arabic == "I":
        # the letter also ends names on a: Mona
        return bool(_classes(latin) & {"A", "I"})
    return set(arabic) <= _classes(latin) and _strict(latin) - {"A"} <= set(arabic)


def _classes(latin: str) -> set[str]:
    return set(latin.replace("E", "AI"))


def _strict(latin: str) -> set[str]:
    return set(latin.replace("E", ""))
