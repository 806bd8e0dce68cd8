"""What people write into the form: Arabic, English and Arabic in Latin letters, by intent."""

from typing import Final

import numpy as np

from leadsmart.sample.people import People
from leadsmart.sample.streams import stream

#: Intents of a message, their shares, and what each adds to the lead's quality (logit).
INTENTS: Final = ("buy", "price", "visit", "financing", "resale", "job_agent", "other")
INTENT_SHARES: Final = (0.22, 0.28, 0.12, 0.12, 0.08, 0.08, 0.10)
INTENT_LOGITS: Final = (0.7, 0.0, 1.0, 0.3, -1.0, -2.0, -0.4)
#: Of Arabic, English and Arabic in Latin letters.
LANGUAGE_SHARES: Final = (0.55, 0.38, 0.07)
MESSAGE_SHARE: Final = 0.88
#: Share of the messages that a reader labelled, and of those labels that are guesses.
LABELLED_SHARE: Final = 0.3
GUESSED_SHARE: Final = 0.04

_UNITS = (
    ("شقة", "فيلا", "شاليه", "تاون هاوس", "دوبلكس"),
    ("apartment", "villa", "chalet", "townhouse", "duplex"),
    ("sha2a", "villa", "chalet", "townhouse", "duplex"),
)
_OPENINGS = (
    ("", "السلام عليكم، ", "مساء الخير، ", "لو سمحت، ", "صباح الخير "),
    ("", "Hello, ", "Hi, ", "Good evening, ", "Dear team, "),
    ("", "salam, ", "law sama7t ", "masa2 el 5er, ", "hi, "),
)
_CLOSINGS = (
    ("", "، شكرا", ". في انتظار ردكم", "، ياريت الرد سريعا", " وشكرا جزيلا"),
    ("", ", thanks", ". Waiting for your reply", ", please reply soon", ". Many thanks!"),
    ("", ", shokran", " mestany el rad", ", yaret rad b sor3a", " w shokran"),
)
_CORES = (
    (
        ("عايز اشتري {}", "مهتم بشراء {} في المشروع", "محتاج {} استلام فوري", "ارغب في حجز {} هذا الشهر", "ابحث عن {} للسكن"),
        ("I want to buy a {}", "interested in buying a {} here", "we need a ready to move {}", "I'd like to reserve a {} this month", "looking for a {} to live in"),
        ("3ayez ashtery {}", "me7tag {} estelam fawry", "mohtam b shera2 {}", "3ayez a7gez {} el shahr da", "badawar 3ala {} lel sakan"),
    ),
    (
        ("السعر كام للـ {}", "ممكن اعرف اسعار {}", "سعر المتر كام في {}", "بكام {} مساحة 150 متر", "ارسل لي قائمة الاسعار {}"),
        ("what is the price of a {}", "please send me {} prices", "how much per meter for a {}", "price list for {} please", "how much is the cheapest {}"),
        ("el se3r kam {}", "3ayez a3raf as3ar el {}", "se3r el metr kam fe {}", "bekam el {}", "momken as3ar {}"),
    ),
    (
        ("ممكن ازور المشروع واشوف {}", "عايز ميعاد معاينة {}", "ينفع معاينة {} يوم الجمعة", "اين مكان الموقع، اريد زيارة {}", "احجز لي زيارة لمشاهدة {}"),
        ("can I visit and see the {}", "I'd like to book a visit for a {}", "is a tour of the {} possible on Friday", "where is the site, I want to see a {}", "please arrange a viewing of a {}"),
        ("3ayez azoor el mashroo3 w ashoof {}", "momken me3ad mo3ayna {}", "yenfa3 azoor {} el gom3a", "el makan fein 3ayez ashoof {}", "e7gezly zeyara {}"),
    ),
    (
        ("ايه انظمة التقسيط للـ {}", "كام المقدم لـ {}", "هل يوجد تمويل عقاري {}", "تقسيط {} على كام سنة", "القسط الشهري كام لـ {}"),
        ("what are the installment plans for a {}", "how much is the down payment for a {}", "is there a mortgage for a {}", "over how many years can I pay a {}", "monthly installment for a {}?"),
        ("el ta2seet 3ala kam sana {}", "el mo2adam kam lel {}", "fe tamweel 3a2ary {}", "el 2est kam fel shahr {}", "anzemet el ta2seet {}"),
    ),
    (
        ("عندي {} عايز ابيعها", "هل تشترون {} اعادة بيع", "عايز اعرض {} للبيع عندكم", "عندي {} ريسيل في المشروع", "كم سعر {} ريسيل حاليا"),
        ("I have a {} to sell", "do you take a resale {}", "I want to list my {} for resale", "selling my {} in this project", "what is my {} worth for resale"),
        ("3andy {} 3ayez abe3ha", "bteshtero {} resale", "3ayez a3red {} lel bee3", "3andy {} resale", "se3r {} resale kam delwa2ty"),
    ),
    (
        ("عايز اشتغل معاكم سيلز {}", "انا بروكر وعندي عميل {}", "هل يوجد وظائف عندكم {}", "شركة تسويق عقاري للتعاون في {}", "ارسل السيرة الذاتية فين {}"),
        ("I am a broker with a client for a {}", "do you have sales jobs, I sold a {} before", "looking for a job in your team {}", "our agency wants to cooperate on {} sales", "where can I send my CV {}"),
        ("3ayez ashtaghal ma3ako sales {}", "ana broker w 3andy 3ameel {}", "fe wazayef {}", "sherket tasweeq lel ta3awon {}", "ab3at el cv fein {}"),
    ),
    (
        ("تم {}", "ازيكم {}", "؟؟ {}", "ضغطت بالغلط {}", "اي حاجة عن {}"),
        ("ok {}", "just looking {}", "?? {}", "clicked by mistake {}", "more info {}"),
        ("tmam {}", "bas batfarag {}", "?? {}", "dost bel ghalat {}", "ay 7aga {}"),
    ),
)  # fmt: skip


def _spell_messages() -> np.ndarray:
    """All messages without a contact: intent × language × opening × core with unit × closing."""
    texts = [
        f"{opening}{core.format(unit)}{closing}"
        for by_language in _CORES
        for language, cores in enumerate(by_language)
        for opening in _OPENINGS[language]
        for core in cores
        for unit in _UNITS[language]
        for closing in _CLOSINGS[language]
    ]
    return np.array(texts, dtype=object)


_MESSAGES: Final = _spell_messages()
_PER_LANGUAGE: Final = len(_MESSAGES) // (len(INTENTS) * len(LANGUAGE_SHARES))


def draw_intents(uniform: np.ndarray) -> np.ndarray:
    """Positions in `INTENTS`."""
    return np.searchsorted(np.cumsum(INTENT_SHARES)[:-1], uniform, side="right")


def draw_messages(seed: int, intent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each lead wrote, and what a reader said it asks for.

    Parameters
    ----------
    seed : int
    intent : ndarray of int
        Position in `INTENTS` of each lead.

    Returns
    -------
    (ndarray of str, ndarray of int)
        The message, empty where the person wrote none, and the label as a position in `INTENTS`, −1 where nobody
        read it.
    """
    rng, n = stream(seed, "messages"), len(intent)
    language = np.searchsorted(np.cumsum(LANGUAGE_SHARES)[:-1], rng.random(n), side="right")
    text = (rng.random(n) * _PER_LANGUAGE).astype(int)
    message = _MESSAGES[(intent * len(LANGUAGE_SHARES) + language) * _PER_LANGUAGE + text]
    message[rng.random(n) >= MESSAGE_SHARE] = ""
    is_read, is_guess, guess = stream(seed, "message labels").random((3, n))
    label = np.where(is_guess < GUESSED_SHARE, draw_intents(guess), intent)
    return message, np.where((is_read < LABELLED_SHARE) & (message != ""), label, -1)


def add_contacts(rng: np.random.Generator, message: np.ndarray, people: People) -> tuple[np.ndarray, int]:
    """Write the lead's own contact into one message in sixteen, as people do; also how many.

    The text that cleaning must scrub is the lead's own name, e-mail or phone, or a link.

    Parameters
    ----------
    rng : Generator
    message : ndarray of str
        Empty where the person wrote none.
    people : People

    Returns
    -------
    (ndarray of str, int)
    """
    n = len(message)
    result = message.copy()
    kind = np.floor(rng.random(n) * 64).astype(int)
    link = np.floor(rng.random(n) * 10**6).astype(int)
    added = 0
    for i in np.flatnonzero((kind < 4) & (message != "")).tolist():
        link_text = f"https://example.com/profile/{link[i]}"
        contact = (people.phone[i], people.email[i], people.name[i], link_text)[kind[i]]
        if contact:
            result[i] = f"{message[i]} - {contact}"
            added += 1
    return result, added
