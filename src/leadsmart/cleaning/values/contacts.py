"""Contacts of people: checked, classified, and replaced by keyed hashes."""

import hmac
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

import pandas as pd
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberType

from leadsmart.cleaning.values.texts import WESTERN_DIGITS, clean_text, factorize, holds_for, map_distinct

HASH_DIGITS: Final = 16
#: Fewer digits are no phone that could tell two people apart.
SHORTEST_PHONE: Final = 7

_PHONE_FEATURES: Final = {"hash": "str", "is_valid": "bool", "region": "str", "type": "str"}
_LOST_PHONE = re.compile(r"\+?\d([.,]\d+)?[eE]\+?\d{1,2}")
_SIMPLE_LOCAL_PART = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~\-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~\-]+)*", re.IGNORECASE
)
_TYPE_NAMES: Final = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed line",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed line or mobile",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.TOLL_FREE: "toll free",
}
_FREE_DOMAINS: Final = frozenset(
    {
        "gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "rocketmail.com", "hotmail.com", "outlook.com",
        "live.com", "msn.com", "icloud.com", "me.com", "mac.com", "aol.com", "proton.me", "protonmail.com",
        "gmx.com", "gmx.net", "mail.com", "yandex.com", "zoho.com", "mail.ru",
    }
)  # fmt: skip
_FREE_STEMS: Final = ("yahoo.", "hotmail.", "outlook.", "live.")
_PLACEHOLDER_DOMAINS: Final = frozenset({"example.com", "example.net", "example.org", "test.com"})

#: Leads of one market whose e-mail or phone is the same: more were never seen of a person, an agency or a household.
MOST_LEADS_OF_CONTACT: Final = 20
#: Words that stand where a contact was erased.
_ERASED: Final = (
    r"(deleted|redacted|anonymi[sz]ed|removed|erased|masked|hidden|gdpr|محذوف|محذوفة|تم الحذف|محجوب)"
)
_WHOM: Final = r"(user|contact|lead|customer|person|data|e?mail|name)"
_PLACEHOLDERS: Final = {
    "name": re.compile(rf"{_ERASED}( {_WHOM})?|x{{3,}}"),
    "email": re.compile(
        rf"({_WHOM}[._-]?)?{_ERASED}([._-]?{_WHOM})?[._-]?\d*(@.*)?|.*@([\w-]+\.)*{_ERASED}\..*|x{{3,}}@.*"
    ),
    "phone": re.compile(rf"{_ERASED}|x{{3,}}|\+?\d{{0,3}}0{{7,}}"),
}
_AROUND: Final = " []()<>{}*_.-\"'"


def erase_placeholders(contacts: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Contacts without those that stand for erased ones, which would make one person of many.

    Parameters
    ----------
    contacts : DataFrame
        As exported: ``name, email, phone`` of the leads of a market.

    Returns
    -------
    (DataFrame, Series of bool)
        The contacts, missing where a placeholder stood, and the rows in which one did.
    """
    found = pd.DataFrame({column: _is_placeholder(contacts[column]) for column in contacts})
    return contacts.mask(found), found.any(axis=1)


def _is_placeholder(values: pd.Series) -> pd.Series:
    pattern = _PLACEHOLDERS[str(values.name)]

    def plain(value: str) -> str | None:
        text = (clean_text(value) or "").casefold().strip(_AROUND)
        return (re.sub(r"[\s()-]", "", text) if values.name == "phone" else text) or None

    texts = map_distinct(values, plain)
    is_known = holds_for(texts, lambda text: pattern.fullmatch(text) is not None)
    if values.name == "name":
        return is_known
    return is_known | texts.map(texts.value_counts()).gt(MOST_LEADS_OF_CONTACT)


def keyed_hash(kind: str, value: str, key: bytes) -> str:
    """Sixteen hex digits that only the holder of the key can make.

    Parameters
    ----------
    kind : str
        What is hashed; the same text of two kinds has two hashes.
    value : str
    key : bytes
        See `contact_key`.

    Returns
    -------
    str

    Examples
    --------
    >>> keyed_hash("email", "a@b.co", b"k") == keyed_hash("phone", "a@b.co", b"k")
    False
    """
    return hmac.digest(key, f"{kind}:{value}".encode(), "sha256").hex()[:HASH_DIGITS]


def hash_names(names: pd.Series, key: bytes) -> pd.Series:
    """Keyed hash of each name, blind to case and blanks; missing where there is none.

    Parameters
    ----------
    names : Series of str
        As exported.
    key : bytes

    Returns
    -------
    Series of str
    """

    def hashed(value: str) -> str | None:
        text = clean_text(value)
        return None if text is None else keyed_hash("name", text.casefold(), key)

    return map_distinct(names, hashed)


def check_emails(emails: pd.Series, key: bytes) -> pd.DataFrame:
    """Validity, domain class and hash of e-mails, without asking the network.

    Parameters
    ----------
    emails : Series of str
        As exported.
    key : bytes

    Returns
    -------
    DataFrame
        Same index: ``email_hash`` (missing unless valid), ``is_email_valid`` (bool) and
        ``email_domain_class`` ("free", "business", "placeholder", "invalid" or "missing").
    """
    domains: dict[str, str | None] = {}

    def normalised(value: str) -> str | None:
        text = clean_text(value)
        if text is None:
            return None
        text = text.removeprefix("mailto:").strip("<>;,.'\" ")
        local, at, domain = text.rpartition("@")
        if at and len(local) <= 64 and _SIMPLE_LOCAL_PART.fullmatch(local):
            # such a local part is always valid, so that the domain decides, and most share a few
            if domain not in domains:
                domains[domain] = _valid_email(f"a@{domain}")
            checked = domains[domain]
            return f"{local}@{checked.rpartition('@')[2]}".lower() if checked else ""
        return (_valid_email(text) or "").lower()

    normal = map_distinct(emails, normalised)
    valid = normal.fillna("").ne("")
    return pd.DataFrame(
        {
            "email_hash": map_distinct(normal.where(valid), lambda value: keyed_hash("email", value, key)),
            "is_email_valid": valid,
            "email_domain_class": map_distinct(normal, _domain_class).fillna("missing"),
        }
    )


def _valid_email(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def _domain_class(email: str) -> str:
    if not email:
        return "invalid"
    domain = email.rpartition("@")[2]
    if domain in _PLACEHOLDER_DOMAINS:
        return "placeholder"
    return "free" if domain in _FREE_DOMAINS or domain.startswith(_FREE_STEMS) else "business"


def check_phones(phones: pd.Series, region: str, key: bytes) -> pd.DataFrame:
    """Validity, region, line type and hash of phones.

    A number that can be read but is not valid still tells people apart, so it has a hash; one that a
    spreadsheet turned into scientific notation has lost its last digits and has none.

    Parameters
    ----------
    phones : Series of str
    region : str
        ISO 3166 code: how numbers without a country code are read.
    key : bytes

    Returns
    -------
    DataFrame
        Same index: ``phone_hash``, ``is_phone_valid`` (bool), ``phone_region`` (ISO 3166, missing where
        unknown) and ``phone_type`` (a line type, "other", "invalid", "lost" or "missing").
    """
    codes, distinct = factorize(phones)
    checked = [_check_phone(value, region, key) for value in distinct]
    frame = pd.DataFrame([*checked, (None, False, None, "missing")], columns=list(_PHONE_FEATURES))
    frame = frame.astype(_PHONE_FEATURES).iloc[codes].set_axis(phones.index)
    return frame.rename(
        columns={
            "hash": "phone_hash",
            "is_valid": "is_phone_valid",
            "region": "phone_region",
            "type": "phone_type",
        }
    )


def count_phone_regions(phones: Iterable[str]) -> dict[str, int]:
    """Where phones with a country code are from; others say nothing of it.

    Parameters
    ----------
    phones : iterable of str
        As exported.

    Returns
    -------
    dict
        ISO 3166 code -> phones, the most frequent first.

    Examples
    --------
    >>> count_phone_regions(["+201001234567", "0020 100 123 45678", "p:+966501234567", "01001234567", "-"])
    {'EG': 2, 'SA': 1}
    """
    counts: Counter[str] = Counter()
    for phone in phones:
        text = re.sub(
            r"^00(?=[1-9])", "+", (clean_text(phone) or "").translate(WESTERN_DIGITS).lstrip("'p: ")
        )
        try:
            number = phonenumbers.parse(text, None)
        except NumberParseException:
            continue
        # a number with a digit too many is wrong, and its country code is still one
        region = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
            number.country_code or 0
        )
        if len(region) == 2 and region != phonenumbers.UNKNOWN_REGION:
            counts[region] += 1
    return dict(counts.most_common())


def _check_phone(value: str, region: str, key: bytes) -> tuple[str | None, bool, str | None, str]:
    text = clean_text(value)
    if text is None:
        return None, False, None, "missing"
    text = text.translate(WESTERN_DIGITS).lstrip("'").removesuffix(".0")
    if _LOST_PHONE.fullmatch(text):
        return None, False, None, "lost"
    digits = re.sub(r"\D", "", text)

    def hash_identity(identity: str) -> str | None:
        return keyed_hash("phone", identity, key) if len(digits) >= SHORTEST_PHONE else None

    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return hash_identity(digits), False, None, "invalid"
    hashed = hash_identity(f"+{number.country_code}{number.national_number}")
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        # an unknown type is how the library says that no rule of the region fits the number
        return hashed, False, None, "invalid"
    return hashed, True, phonenumbers.region_code_for_number(number), _TYPE_NAMES.get(kind, "other")
