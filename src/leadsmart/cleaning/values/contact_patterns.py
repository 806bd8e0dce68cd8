"""Contacts in free text: e-mails, phones, links and handles, as they are typed or spelled out in words."""

import re
from typing import Final

EMAIL: Final = "[email]"
PHONE: Final = "[phone]"
LINK: Final = "[link]"
NUMBER: Final = "[number]"
HANDLE: Final = "[handle]"

#: Digits of a phone at least; fewer are a price, a date or a size.
FEWEST_DIGITS: Final = 7

_AT = r"(?:\s?[@＠]\s?|\s?[\[({]\s?(?:at|@)\s?[\])}]\s?)"
_EMAIL = re.compile(
    rf"[^\s@<>(),;:\"'\[\]]{{1,64}}{_AT}[^\s@<>(),;:\"'\[\]]{{1,128}}(?:\.|\s?[\[(]dot[\])]\s?)\w{{2,}}",
    re.IGNORECASE,
)
_AT_LEFT = re.compile(r"[\w.+\-]{1,64}@[\w.\-]*")
_AT_SIGN = re.compile(r"(?<![\w@])[@＠]\s?\w[\w.\-]+")
_DOMAINS = "com|net|org|edu|gov|eg|io|me|co|link|ly|info|app|sa|ae|site|online|store|page|bio|tv|uk|qa|kw"
_LINK = re.compile(
    rf"(?:https?://|www\.)\S+|\b[\w\-]{{1,64}}(?:\.[\w\-]{{1,64}}){{0,4}}\.(?:{_DOMAINS})\b(?:/\S*)?",
    re.IGNORECASE,
)

_SPELLED_DOT = r"(?:\s?[\[({]?\s?\b(?:dot|دوت|نقطة|نقطه)\b\s?[\])}]?\s?)"
_DOT = rf"(?:{_SPELLED_DOT}|\s?\.\s?)"
_SPELLED_AT = r"(?:\s?[\[({@]?\s?\b(?:at|ات|آت|أت|ايت|إيت)\b\s?[\])}]?\s?|\s?[@＠]\s?)"
_LOCAL = rf"(?<![\w.+\-])[\w.+\-]{{1,64}}(?:(?:{_SPELLED_DOT}|\s(?:under ?score|dash|اندرسكور|شرطة)\s)[\w.+\-]{{1,64}}){{0,2}}"
_PROVIDER = (
    r"(?:g ?mail|google ?mail|ya+hoo+|hot ?mail|out ?look|i ?cloud|proton ?mail|ymail"
    r"|جي ?ميل|جيميل|ياهو|هوت ?ميل|اوت ?لوك|أوت ?لوك|اي ?كلاود)"
)
_ENDING = r"(?:com|net|org|eg|co|me|info|كوم|نت|اورج)"
_SPELLED_EMAILS = [
    # ahmed at gmail [dot com]
    re.compile(rf"{_LOCAL}{_SPELLED_AT}{_PROVIDER}\b(?:{_DOT}{_ENDING}\b)*", re.IGNORECASE),
    # info at company dot com
    re.compile(
        rf"{_LOCAL}{_SPELLED_AT}[\w\-]{{1,64}}(?:{_SPELLED_DOT}[\w\-]{{1,64}})?{_SPELLED_DOT}{_ENDING}\b",
        re.IGNORECASE,
    ),
    # ahmed.m gmail com; mail: ahmed gmail.com
    re.compile(
        rf"(?:(?<![\w.+\-])[\w+\-]{{1,64}}(?:\.|{_SPELLED_DOT})[\w.+\-]{{1,64}}|\b(?=\w*[_\d])\w{{2,64}}|(?<=mail )\w+|(?<=mail: )\w+|(?<=ميلي )\w+)"
        rf"\s{_PROVIDER}(?:{_DOT}|\s){_ENDING}\b",
        re.IGNORECASE,
    ),
]
_SPELLED_LINK = re.compile(rf"(?<![\w\-])[\w\-]{{1,64}}{_SPELLED_DOT}{_ENDING}\b", re.IGNORECASE)

_DIGIT_WORDS = (
    r"zero|oh|o|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|double|triple"
    r"|صفر|زيرو|واحد|[اإ]تنين|[اإ]ثنين|[اإ]ثنان|اتنين|تلات[ةه]|ثلاث[ةه]|[اأ]ربع[ةه]|خمس[ةه]|ست[ةه]|سبع[ةه]|[تث]ماني[ةه]|تسع[ةه]"
    r"|عشر[ةه]|ميه|مية|مئة|مائة|[احأ]?حداشر|[اإ]تناشر|عشرين|تلاتين|ثلاثين|[اأ]ربعين|خمسين|ستين|سبعين|[تث]مانين|تسعين"
    r"|wa7ed|wahed|etneen|etnen|talata|arba3a|arbaa|khamsa|5amsa|setta|sab3a|sabaa|tamanya|tes3a|tesaa|sefr|3ashara"
)
_SEPARATORS = r"(?:[\s,،.;:/\-–_*+&|•·]|\band\b){0,4}"
_DIGIT_GROUP = rf"(?:و?(?:{_DIGIT_WORDS})(?![^\W\d_])|\d{{1,15}})"
_SPELLED_PHONE = re.compile(
    rf"(?<![\w])\+?{_DIGIT_GROUP}(?:{_SEPARATORS}{_DIGIT_GROUP}){{2,}}(?!\w)", re.IGNORECASE
)
_DIGIT_WORD = re.compile(rf"(?<![^\W\d_])و?(?:{_DIGIT_WORDS})(?![^\W\d_])", re.IGNORECASE)
#: The letter O for the digit.
_LETTER_O = re.compile(
    r"(?<![^\W\d_])(?=(?:[\doO][\s.\-]?){9,}(?!\w))(?=\S*\d)(?:[\doO][\s.\-]?){8,}[\doO](?!\w)"
)
#: At least seven digits with at most two separators between any two of them.
_PHONE = re.compile(r"(?<![\w\d])[+(]*\d(?:[\s().\-/_*•·|\ufe0f\u20e3]{0,2}\d){6,}(?!\d)")
_NUMBER = re.compile(r"\d(?:[,'’]?\d){5,}")

_NETWORKS = (
    r"(?:insta(?:gram)?|ig|face ?book|fb|snap(?:chat)?|telegram|tiktok|tik ?tok|twitter|linked ?in|skype|messenger"
    r"|انستا|انستجرام|انستغرام|انستقرام|فيس ?بوك|فيس|سناب(?: ?شات)?|تليجرام|تيليجرام|تلجرام|تيك ?توك|تويتر|لينكد ?ان)"
)
_HANDLE = re.compile(
    rf"(\b{_NETWORKS}\b(?:\s+(?:account|acc|id|user ?name|user|page|profile|name|handle|حساب|حسابي|اسمي|باسم))?)"
    # behind a colon anything is a handle, elsewhere what looks like one
    rf"(?:(\s*(?:[:=]|\bis\b|\bهو\b)\s*)@?[^\W\d][\w.\-]{{2,}}|(\s+[\-–]?\s?)@?(?=[^\W\d])(?:[^\W_]{{1,64}}[._]\w[\w.]*|[^\W\d]{{1,64}}\d{{2,}})(?![\w]))",
    re.IGNORECASE,
)
#: What a text must hold, in small letters, before a slower pattern looks at it.
_AT_HINTS: Final = ("@", "＠", "(at", "[at", "{at", "( at", "[ at", "{ at")
_PROVIDER_HINTS: Final = ("mail", "yaho", "look", "cloud", "ميل", "ياهو", "لوك", "كلاود")
_DOT_HINTS: Final = ("dot", "دوت", "نقط")
_LINK_HINTS: Final = (".", "://")
_NETWORK_HINTS: Final = (
    "insta", "ig ", "ig:", "face", "fb", "snap", "telegram", "tik", "twitter", "linked", "skype", "messenger", "انست",
    "فيس", "سناب", "تليجر", "تيليجر", "تلجر", "تيك", "تويت", "لينك",
)  # fmt: skip
_DIGIT_HINTS: Final = (
    "zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eigh", "nine", "double", "صفر", "زيرو",
    "واحد", "نين", "لات", "ربع", "خمس", "ست", "سبع", "ماني", "تسع", "عشر", "مي", "sefr", "wa", "etn", "tala", "arba", "kham", "5am",
    "sett", "sab", "tam", "tes",
)  # fmt: skip
_DIGIT = re.compile(r"\d")
_ZERO_AS_LETTER = re.compile(r"\d[oO]|[oO]\d")


def scrub_text(text: str) -> str:
    """Replace e-mails, phones, links, handles and long numbers, spelled out or not.

    >>> scrub_text("call +20 100 123 4567 or sara.ali@mail.com, see www.x.com/a, unit 1234567")
    'call [phone] or [email], see [link] unit [number]'
    >>> scrub_text("sara dot ali at gmail dot com, zero one double zero one two three four five")
    '[email], [phone]'
    """
    small = text.lower()

    def holds(hints: tuple[str, ...]) -> bool:
        return any(hint in small for hint in hints)

    has_at, has_dot = holds(_AT_HINTS), holds(_DOT_HINTS)
    if has_dot or holds(_PROVIDER_HINTS):
        for pattern in _SPELLED_EMAILS:
            text = pattern.sub(EMAIL, text)
    if has_at:
        text = _AT_LEFT.sub(EMAIL, _EMAIL.sub(EMAIL, text))
    if holds(_LINK_HINTS):
        text = _LINK.sub(LINK, text)
    if has_dot:
        text = _SPELLED_LINK.sub(LINK, text)
    if has_at:
        text = _AT_SIGN.sub(HANDLE, text)
    if holds(_NETWORK_HINTS):
        text = _HANDLE.sub(lambda match: f"{match[1]}{match[2] or match[3]}{HANDLE}", text)
    digits = len(_DIGIT.findall(text))
    if digits >= FEWEST_DIGITS or sum(map(small.count, _DIGIT_HINTS)) + digits >= FEWEST_DIGITS:
        if _ZERO_AS_LETTER.search(text):
            text = _LETTER_O.sub(PHONE, text)
        text = _PHONE.sub(_phone_or_number, text)
        text = _SPELLED_PHONE.sub(_spelled_phone, text)
    return _NUMBER.sub(NUMBER, text) if digits else text


def scrub_label(text: str) -> str:
    """Replace e-mails, phones, links and long numbers in a label such as a project's name, as they are written only.

    >>> scrub_label("@At Avenue"), scrub_label("Tower, call 0100 123 4567")
    ('@At Avenue', 'Tower, call [phone]')
    """
    text = _LINK.sub(LINK, _AT_LEFT.sub(EMAIL, _EMAIL.sub(EMAIL, text)))
    return _NUMBER.sub(NUMBER, _PHONE.sub(_phone_or_number, text))


def _phone_or_number(match: re.Match[str]) -> str:
    return NUMBER if match[0].isdigit() and not 9 <= len(match[0]) <= 15 else PHONE


def _spelled_phone(match: re.Match[str]) -> str:
    """A run of words for digits, where it has as many as a phone; other runs of numbers stay."""
    words = len(_DIGIT_WORD.findall(match[0]))
    digits = sum(map(str.isdigit, match[0]))
    is_spelled = words > 1 or not re.search(r"\d\d", match[0])
    return PHONE if is_spelled and words + digits >= FEWEST_DIGITS else match[0]


def holds_contact(text: str) -> bool:
    """Whether a short text such as a status or a project holds an e-mail, a phone, or a long number.

    >>> holds_contact("a@b.com"), holds_contact("0100 123 4567"), holds_contact("Phase 2, 2024")
    (True, True, False)
    """
    return any(pattern.search(text) for pattern in (_EMAIL, _AT_LEFT, _PHONE, _NUMBER))
