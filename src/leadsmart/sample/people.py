"""Made-up people: names, e-mails and phones from small word lists, in the formats that exports show."""

from typing import Final, NamedTuple

import numpy as np

from leadsmart.sample.streams import stream

_FIRST = (
    "Ahmed", "Mohamed", "Mona", "Sara", "Omar", "Youssef", "Nour", "Hana", "Karim", "Laila", "Tarek", "Dina",
    "Mahmoud", "Salma", "Khaled", "Rania", "Hassan", "Yasmin", "Amr", "Mariam", "John", "Emily", "David", "Anna",
)  # fmt: skip
_LAST = (
    "Hassan", "Ibrahim", "Mostafa", "Farouk", "Saleh", "Mansour", "Nabil", "Zaki", "Fahmy", "Shaker", "Gaber", "Ragab",
    "Soliman", "Kamal", "Rashad", "Halim", "Badawi", "Sabry", "Lotfy", "Darwish", "Miller", "Cooper", "Hayes", "Byrd",
)  # fmt: skip
_FIRST_ARABIC = (
    "أحمد", "محمد", "منى", "سارة", "عمر", "يوسف", "نور", "هناء", "كريم", "ليلى", "طارق", "دينا",
)  # fmt: skip
_LAST_ARABIC = (
    "حسن", "إبراهيم", "مصطفى", "فاروق", "صالح", "منصور", "نبيل", "زكي", "فهمي", "شاكر", "جابر", "رجب",
)  # fmt: skip
_AREA_CODES: Final = (
    201, 202, 205, 206, 212, 213, 214, 303, 305, 312, 404, 415, 503, 617, 646, 702, 713, 818,
)  # fmt: skip

#: Class of the e-mail's domain, and share: reserved example domains, free mail, not an address, none given.
EMAIL_KINDS: Final = ("other", "free", "invalid", "missing")
EMAIL_SHARES: Final = (0.66, 0.25, 0.02, 0.07)
#: Region of the phone, and share of those given.
PHONE_REGIONS: Final = ("EG", "SA", "AE", "US")
PHONE_SHARES: Final = (0.80, 0.07, 0.05, 0.08)
_DOMAINS = np.array(["example.com", "example.org", "example.net"], dtype=object)
_FREE_DOMAINS = np.array(["gmail.com", "yahoo.com", "hotmail.com", "outlook.com"], dtype=object)


class People(NamedTuple):
    """Contacts as typed into the form, one entry per lead."""

    name: np.ndarray
    email: np.ndarray
    phone: np.ndarray


def draw_kinds(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Kind of e-mail and region of phone of each lead, without spelling them out.

    Parameters
    ----------
    n : int
    seed : int

    Returns
    -------
    (ndarray of int, ndarray of int)
        Positions in `EMAIL_KINDS` and `PHONE_REGIONS`.
    """
    rng = stream(seed, "contact kinds")
    email = np.searchsorted(np.cumsum(EMAIL_SHARES)[:-1], rng.random(n), side="right")
    return email, np.searchsorted(np.cumsum(PHONE_SHARES)[:-1], rng.random(n), side="right")


def draw_people(n: int, seed: int, has_phone: np.ndarray) -> People:
    """Names, e-mails and phones of `n` leads; phones are empty where `has_phone` is False.

    Parameters
    ----------
    n : int
    seed : int
    has_phone : ndarray of bool

    Returns
    -------
    People
    """
    email_kind, phone_region = draw_kinds(n, seed)
    rng = stream(seed, "people")
    first, last = (rng.integers(0, len(_FIRST), n) for _ in range(2))
    in_arabic = rng.random(n) < 0.3
    arabic_first = np.array(_FIRST_ARABIC, dtype=object)[first % len(_FIRST_ARABIC)]
    arabic_last = np.array(_LAST_ARABIC, dtype=object)[last % len(_LAST_ARABIC)]
    latin_first, latin_last = np.array(_FIRST, dtype=object)[first], np.array(_LAST, dtype=object)[last]
    name = np.where(in_arabic, arabic_first, latin_first) + " " + np.where(in_arabic, arabic_last, latin_last)

    email = _emails(rng, latin_first, latin_last, email_kind)
    phone = _phones(rng, phone_region)
    phone[~has_phone] = ""
    return People(name, email, phone)


def _emails(rng: np.random.Generator, first: np.ndarray, last: np.ndarray, kind: np.ndarray) -> np.ndarray:
    n = len(kind)
    number = rng.integers(1, 100_000, n).astype(str).astype(object)
    local = np.array([text.lower() for text in (first + "." + last).tolist()], dtype=object) + number
    domain, free = _DOMAINS[rng.integers(0, 3, n)], _FREE_DOMAINS[rng.integers(0, 4, n)]
    email = local + "@" + domain
    # a long marker keeps addresses at real free-mail hosts from being anybody's
    email = np.where(kind == EMAIL_KINDS.index("free"), "leadsmart.sample." + local + "@" + free, email)
    broken = np.array(["@", "", "@@example.com", " at example.com"], dtype=object)[rng.integers(0, 4, n)]
    email = np.where(kind == EMAIL_KINDS.index("invalid"), local + broken, email)
    email[kind == EMAIL_KINDS.index("missing")] = ""
    return email


def _phones(rng: np.random.Generator, region: np.ndarray) -> np.ndarray:
    n = len(region)
    prefix = np.array(["10", "11", "12", "15"])[rng.integers(0, 4, n)].tolist()
    digits = rng.integers(0, 10**8, n).tolist()
    style = rng.integers(0, 4, n).tolist()
    area = np.array(_AREA_CODES)[rng.integers(0, len(_AREA_CODES), n)].tolist()
    phones = [_phone(*parts) for parts in zip(region.tolist(), prefix, digits, style, area, strict=True)]
    return np.array(phones, dtype=object)


def _phone(region: int, prefix: str, digits: int, style: int, area: int) -> str:
    number = f"{digits:08d}"
    # 555-0100 to 555-0199 are set aside for fiction
    last = 100 + digits % 100
    by_region = (
        (f"0{prefix}{number}", f"+20 {prefix} {number[:4]} {number[4:]}", *2 * (f"+20{prefix}{number}",)),
        4 * (f"+9665{number}",),
        4 * (f"+97150{digits % 10**7:07d}",),
        (f"({area}) 555-0{last}", f"+1-{area}-555-0{last}", f"{area}.555.0{last}", f"+1{area}5550{last}"),
    )
    return by_region[region][style]
