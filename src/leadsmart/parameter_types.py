"""What a parameter may be: types that take a value as it is written in a file, on the command line or in a notebook."""

import datetime as dt
import re
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from leadsmart.errors import shorten
from leadsmart.vocabulary import KNOWN_STATUSES, RESERVED_MARKETS

#: Reports are about days of these years; outside a day can only be a slip.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
#: Stands for None where only a text can be handed on.
NULL: Final = "null"
MARKET_NAME = re.compile(r"[a-z0-9-]+")


def canonical_status(text: str) -> str:
    """Spell a status as the vocabulary does: trimmed, upper case, spaces and hyphens as underscores.

    >>> canonical_status(" not-qualified ")
    'NOT_QUALIFIED'
    """
    return re.sub(r"[\s\-_]+", "_", text.strip()).upper()


def _market_name(name: str) -> str:
    if not MARKET_NAME.fullmatch(name):
        raise ValueError("a market's name has only lower-case letters, digits and hyphens")
    if name in RESERVED_MARKETS:
        raise ValueError(f"{name!r} is a reserved name")
    return name


def _title(text: str) -> str:
    # a title stands in markup of several kinds: HTML, Markdown, YAML, file names of exports
    if not re.fullmatch(r"[\w&'’()+,./:·–—-]+( [\w&'’()+,./:·–—-]+)*", text):
        raise ValueError("a title has letters, digits, single blanks and & ' ( ) + , . / : - only")
    return text


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not a time zone of the IANA database, such as Africa/Cairo") from error
    return name


def _phone_region(code: str) -> str:
    # it takes a moment to import, and most modules that know parameters know no phones
    from phonenumbers import SUPPORTED_REGIONS

    if code not in SUPPORTED_REGIONS:
        raise ValueError("not an ISO 3166 code of a region with phones, such as EG")
    return code


def _null(value: object) -> object:
    """Nothing, where ``null`` is stated as a text: in a notebook's parameters cell None means that nothing is stated."""
    return None if value == NULL else value


def _day(value: object) -> object:
    # pydantic reads bare numbers as seconds since 1970, so that 20241001 would become a day of that year
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip(), re.ASCII):
        try:
            value = dt.date.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError("no such day in the calendar") from error
    if value is not None and (not isinstance(value, dt.date) or isinstance(value, dt.datetime)):
        raise ValueError("expected a day written like 2024-10-01")
    if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"expected a day of the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _items(value: object) -> object:
    """Take one value, a comma-separated text or a list as a tuple without repeats, in order."""
    if isinstance(value, str):
        value = value.split(",")
    if isinstance(value, list | tuple) and not any(isinstance(x, list | dict) for x in value):
        return tuple(dict.fromkeys(x.strip() if isinstance(x, str) else x for x in value))
    return value


def _flag_or_auto(value: object) -> object:
    flags = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    return flags.get(value.strip().lower(), value) if isinstance(value, str) else value


def _all_or_ids(value: object) -> object:
    if value is None or (isinstance(value, str) and value.strip().lower() in ("all", NULL)):
        return None
    ids = _items([value] if isinstance(value, int) else value)
    if not isinstance(ids, tuple) or not ids:
        raise ValueError("expected all, or a list of user ids such as [203, 466]")
    wrong = [
        x for x in ids if isinstance(x, bool) or not isinstance(x, int | str) or not 0 < len(str(x)) <= 100
    ]
    if wrong:
        raise ValueError(
            f"{shorten(repr(wrong[0]))} is not a user id; write whole numbers, or text in quotes"
        )
    return tuple(dict.fromkeys(str(x) for x in ids))


def _canonical_statuses(statuses: tuple[str, ...]) -> tuple[str, ...]:
    canonical = tuple(dict.fromkeys(canonical_status(s) for s in statuses))
    if "" in canonical:
        raise ValueError("a status is empty")
    return canonical


def _canonical_aliases(aliases: dict[str, str]) -> dict[str, str]:
    canonical = {canonical_status(alias): canonical_status(status) for alias, status in aliases.items()}
    known = sorted(KNOWN_STATUSES & canonical.keys())
    if known:
        raise ValueError(
            f"{known[0]} is a status of its own, not another spelling; move it to another list of statuses instead"
        )
    return canonical


MarketName = Annotated[str, AfterValidator(_market_name)]
Title = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_title)]
PhoneRegion = Annotated[str, AfterValidator(_phone_region)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Day = Annotated[dt.date, BeforeValidator(_day)]
FlagOrAuto = Annotated[Literal["auto", True, False], BeforeValidator(_flag_or_auto)]
UserIds = Annotated[tuple[str, ...] | None, BeforeValidator(_all_or_ids)]
Statuses = Annotated[tuple[str, ...], BeforeValidator(_items), AfterValidator(_canonical_statuses)]
StatusAliases = Annotated[dict[str, str], AfterValidator(_canonical_aliases)]
Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_items)]
Share = Annotated[float, Field(ge=0, le=1)]
Target = Annotated[float, Field(gt=0, le=1e12)]
#: A number of leads, verdicts, users or people: a billion is more than any export has.
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
OptionalMode = Annotated[Annotated[str, Field(pattern=r"^0?7[0-7]{2}$")] | None, BeforeValidator(_null)]
OptionalDay = Annotated[Day | None, BeforeValidator(_null)]
OptionalTimeZone = Annotated[TimeZone | None, BeforeValidator(_null)]
OptionalTarget = Annotated[Target | None, BeforeValidator(_null)]
