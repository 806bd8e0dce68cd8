"""Dates as exports write them: ISO, day or month first, month names, serial numbers and epochs."""

import datetime as dt
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from leadsmart.cleaning.values.texts import WESTERN_DIGITS, clean_text, factorize

#: The order of day, month and year in dates that don't name the month; ``auto`` where the column has to prove it.
DateOrder = Literal["ymd", "dmy", "mdy"]
StatedOrder = Literal["auto", "ymd", "dmy", "mdy"]

#: Days outside can only be slips, and would not fit every tool that reads the tables.
_FIRST: Final = pd.Timestamp("1900-01-01")
_LAST: Final = pd.Timestamp("2199-12-31 23:59:59")

_PLAIN_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?"
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?|صباحا|مساء|ص|م)?"
)
_ZONE = r"\(?(?P<zone>Z|(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?|UTC|GMT)\)?(?:\s*\([^()\d]+\))?"
_TIME = rf"(?:(?:[T ,]|\bat\b|\bفي\b)+{_CLOCK}\s*(?:{_ZONE})?)?"
_WEEKDAY = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?[, ]\s*"
    r"|ال(?:اثنين|إثنين|ثلاثاء|أربعاء|اربعاء|خميس|جمعة|سبت|أحد|احد)[, ]\s*)?"
)
_MONTH = r"(?P<month>[^\W\d_]{2,9}(?: (?:الثاني|الأول))?)\.?"
_YEAR_FIRST = re.compile(
    _WEEKDAY + r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _TIME, re.I
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)")
_NUMERIC = re.compile(
    _WEEKDAY + r"(?P<first>\d{1,2})[-/.](?P<second_part>\d{1,2})[-/.](?P<third>\d{4}|\d\d)" + _TIME, re.I
)
_DAY_NAMED_MONTH = re.compile(
    _WEEKDAY + rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ \-/.]{_MONTH}[ ,\-/.]+(?P<year>\d{{4}}|\d\d)" + _TIME,
    re.I,
)
_NAMED_MONTH_DAY = re.compile(
    _WEEKDAY + rf"{_MONTH}[ \-](?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ,\-]+(?P<year>\d{{4}})" + _TIME, re.I
)
#: As C and Twitter write it, the year behind the time: Mon Jun 3 21:40:18 +0300 2024.
_YEAR_BEHIND_TIME = re.compile(
    _WEEKDAY + rf"{_MONTH} +(?P<day>\d{{1,2}}) {_CLOCK}(?: {_ZONE})? (?P<year>\d{{4}})", re.I
)
_YEAR_NAMED_MONTH = re.compile(r"(?P<year>\d{4})[ \-]" + _MONTH + r"[ \-](?P<day>\d{1,2})" + _TIME, re.I)
#: Forms of a date whose order is beyond doubt: the month is a name, or the year comes first.
_CERTAIN = (
    _YEAR_FIRST, _COMPACT, _DAY_NAMED_MONTH, _NAMED_MONTH_DAY, _YEAR_BEHIND_TIME, _YEAR_NAMED_MONTH,
)  # fmt: skip
_NUMBER = re.compile(r"\d{5,16}(\.\d+)?")
_MONTH_NAMES = (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "jan feb mar apr may jun jul aug sept oct nov dec",
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "يناير فبراير مارس ابريل مايو يونيه يوليه اغسطس سبتمبر اكتوبر نوفمبر ديسمبر",
    "كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول",
    "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر",
)
_MONTHS = {
    name.replace("_", " "): i for names in _MONTH_NAMES for i, name in enumerate(names.split(), start=1)
}
#: Words of dates: nothing of a person can be told from them.
DATE_WORDS: Final = frozenset(
    {
        *(word for name in _MONTHS for word in name.split()), "z", "t", "utc", "gmt", "am", "pm", "a", "p", "m", "at",
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday",
        "saturday", "sunday", "st", "nd", "rd", "th", "ص", "م", "في", "total", "totals", "e",
    }
)  # fmt: skip
_SERIAL_DAY_ZERO = dt.datetime(1899, 12, 30)
_EPOCH = dt.datetime(1970, 1, 1)
#: What Arabic texts separate by, and marks of pronunciation.
_PLAIN_MARKS = str.maketrans({"،": ",", "ً": None, "\u066d": None})


class Reading(NamedTuple):
    """What one cell can mean, in each order: the same unless it is three numbers with the year not first.

    Moments are local, or UTC where the cell has a zone of its own; None where it can't be read so. ``offset`` is that
    zone's, ``is_midnight`` whether the cell says midnight in it.
    """

    dmy: dt.datetime | None = None
    mdy: dt.datetime | None = None
    ymd: dt.datetime | None = None
    offset: dt.timedelta | None = None
    is_midnight: bool = False

    def among(self, orders: tuple[DateOrder, ...]) -> set[dt.datetime]:
        """The moments that the cell can mean in some orders."""
        return {moment for order in orders if (moment := getattr(self, order)) is not None}


#: In the order in which a single reading is looked for.
DATE_ORDERS: Final[tuple[DateOrder, ...]] = ("dmy", "mdy", "ymd")


def parse_moments(
    values: pd.Series,
    order: StatedOrder,
    timezone: str,
    *,
    source_timezone: str | None = None,
    keeps_day: bool = False,
) -> pd.DataFrame:
    """Moments of a column, in the market's zone.

    Values without a zone are local times. A local time that daylight saving skips moves forward to the
    next one that exists; one that occurs twice is taken as the first (summer time). Dates of three numbers whose year
    is not first are read in `order`; where the column itself proves another order too, or `order` says nothing
    about them and the column proves none, those that could be read in several ways are refused.

    Parameters
    ----------
    values : Series of str
    order : {"auto", "ymd", "dmy", "mdy"}
    timezone : str
        IANA name.
    source_timezone : str, optional
        Of values without a zone; by default `timezone`.
    keeps_day : bool
        The column holds days: midnight in a zone of its own stays the day that is written.

    Returns
    -------
    DataFrame
        One row per value, same index: ``value`` (datetime64[us, timezone]), and as bool ``reformatted``
        (not written as ISO), ``ambiguous`` (refused), ``skipped`` (moved by daylight saving) and ``twice``
        (occurs twice).
    """
    codes, distinct = factorize(values)
    texts = pd.Series([*distinct, None], dtype="str")
    plain = texts.str.fullmatch(_PLAIN_ISO).fillna(False).astype(bool)
    naive, utc = (pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]") for _ in range(2))
    naive[plain] = pd.to_datetime(texts[plain], format="ISO8601", errors="coerce").astype("datetime64[us]")
    ambiguous = pd.Series(False, index=texts.index)
    readings = {i: read_moment(text) for i, text in enumerate(distinct) if not plain[i]}
    if readings:
        chosen, refused = _choose(readings, order, keeps_day)
        for moments, is_utc in ((naive, False), (utc, True)):
            own = {i: moment for i, (moment, utc_moment) in chosen.items() if utc_moment == is_utc}
            moments[list(own)] = pd.Series(own, dtype="datetime64[us]")
        ambiguous[list(refused)] = True

    naive = naive.where(naive.between(_FIRST, _LAST))
    utc = utc.where(utc.between(_FIRST, _LAST))
    zone = source_timezone or timezone
    local = naive.dt.tz_localize(zone, ambiguous=np.ones(len(naive), bool), nonexistent="shift_forward")
    skipped = local.dt.tz_localize(None).ne(naive) & naive.notna()
    once = naive.dt.tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward")
    value = local.dt.tz_convert(timezone)
    if utc.notna().any():
        value = value.fillna(utc.dt.tz_localize("UTC").dt.tz_convert(timezone))
    result = pd.DataFrame(
        {
            "value": value,
            "reformatted": ~plain & value.notna(),
            "ambiguous": ambiguous,
            "skipped": skipped,
            "twice": naive.notna() & once.isna(),
        }
    )
    return result.iloc[codes].set_axis(values.index)


def read_moment(value: str) -> Reading:
    """What a cell can mean, see `Reading`.

    >>> read_moment("03/04/2024").among(("dmy", "mdy")) == {dt.datetime(2024, 4, 3), dt.datetime(2024, 3, 4)}
    True
    >>> read_moment("Mon Jun 03 2024 21:40:18 GMT+0300 (Eastern European Summer Time)").dmy
    datetime.datetime(2024, 6, 3, 18, 40, 18)
    """
    text = (clean_text(value) or "").translate(WESTERN_DIGITS).translate(_PLAIN_MARKS).lstrip("'")
    for pattern in _CERTAIN:
        if match := pattern.fullmatch(text):
            year = _full_year(match["year"])
            return _reading(
                match, dict.fromkeys(DATE_ORDERS, (year, _month_number(match["month"]), match["day"]))
            )
    if match := _NUMERIC.fullmatch(text):
        first, second, third = match["first"], match["second_part"], match["third"]
        parts: dict[DateOrder, tuple[str, int | str, str]] = {
            "dmy": (_full_year(third), second, first),
            "mdy": (_full_year(third), first, second),
        }
        if len(third) == 2 and len(first) == 2:
            parts["ymd"] = (_full_year(first), second, third)
        return _reading(match, parts)
    return _read_number(text) if _NUMBER.fullmatch(text) else Reading()


def _full_year(year: str) -> str:
    return f"20{year}" if len(year) == 2 else year


def _month_number(name: str) -> int | str:
    return name if name.isdigit() else _MONTHS.get(name.casefold(), 0)


def _read_number(text: str) -> Reading:
    """A spreadsheet's serial day, or seconds, milliseconds or microseconds since 1970."""
    number, digits = float(text), len(text.partition(".")[0])
    if digits == 5 and 20_000 <= number < 80_000:
        moment = _SERIAL_DAY_ZERO + dt.timedelta(seconds=round(number * 86_400))
        return Reading(moment, moment, moment)
    divisor = {10: 1, 13: 1e3, 16: 1e6}.get(digits)
    if divisor is None or number / divisor > 7e9:
        return Reading()
    moment = _EPOCH + dt.timedelta(seconds=number / divisor)
    return Reading(moment, moment, moment, offset=dt.timedelta())


def _reading(match: re.Match[str], parts: Mapping[DateOrder, tuple[str, int | str, str]]) -> Reading:
    """The moments of a date in its possible orders, with the time that `match` has; in UTC where it has a zone."""
    written = match.groupdict()
    clock, offset = _time_of_day(written), _offset(written.get("zone"))
    if clock is None:
        return Reading()
    moments: dict[DateOrder, dt.datetime] = {}
    for order, (year, month, day) in parts.items():
        with suppress(ValueError, OverflowError):
            moments[order] = dt.datetime(int(year), int(month), int(day)) + clock - (offset or dt.timedelta())
    return Reading(**moments, offset=offset, is_midnight=not clock)


def _time_of_day(written: Mapping[str, str | None]) -> dt.timedelta | None:
    hour, minute, second = (int(written.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (written.get("half") or "").replace(".", "").replace(" ", "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] in "pم" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    micro = int((written.get("fraction") or "0").ljust(6, "0")[:6])
    return dt.timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)


def _offset(zone: str | None) -> dt.timedelta | None:
    """Of a written zone to UTC; None where none is written."""
    if zone is None:
        return None
    number = re.sub("utc|gmt|z", "", zone.lower())
    if not number:
        return dt.timedelta()
    digits = number[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    offset = dt.timedelta(hours=int(hours), minutes=int(minutes))
    return offset if number[0] == "+" else -offset


def _choose(
    readings: dict[int, Reading], stated: StatedOrder, keeps_day: bool
) -> tuple[dict[int, tuple[dt.datetime, bool]], set[int]]:
    """The moments of a column's cells, each with whether it is UTC, and which of them are refused."""
    orders: tuple[DateOrder, ...] = DATE_ORDERS
    if stated != "auto" and (
        stated != "ymd" or all(r.ymd or not r.among(DATE_ORDERS) for r in readings.values())
    ):
        orders = (stated,)
    fitting = tuple(
        order
        for order in orders
        if all(getattr(r, order) or not r.among(DATE_ORDERS) for r in readings.values())
    )
    chosen, refused = {}, set()
    for i, reading in readings.items():
        moments = reading.among(fitting) or reading.among(DATE_ORDERS)
        if len(moments) > 1:
            refused.add(i)
        elif moments:
            offset = reading.offset if keeps_day and reading.is_midnight else None
            chosen[i] = (
                moments.pop() + (offset or dt.timedelta()),
                reading.offset is not None and offset is None,
            )
    return chosen, refused
