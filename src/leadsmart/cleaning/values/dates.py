"""Dates as exports write them: ISO, day or month first, month names, serial numbers and epochs."""

import datetime as dt
import re
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from leadsmart.cleaning.values.texts import WESTERN_DIGITS, clean_text, factorize

DateOrder = Literal["ymd", "dmy", "mdy"]

#: Days outside can only be slips, and would not fit every tool that reads the tables.
_FIRST: Final = pd.Timestamp("1900-01-01")
_LAST: Final = pd.Timestamp("2199-12-31 23:59:59")

_PLAIN_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?"
_TIME = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?|ص|م)?\s*(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?"
)
_WEEKDAY = r"(?:[A-Za-z]{3,9},?\s+)??"
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _TIME)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)")
_YEAR_LAST = re.compile(r"(?P<first>\d{1,2})[-/.](?P<second_part>\d{1,2})[-/.](?P<year>\d{4}|\d\d)" + _TIME)
_DAY_NAMED_MONTH = re.compile(
    _WEEKDAY + r"(?P<day>\d{1,2})[ -](?P<month>[^\W\d_]{3,9})\.?[ ,-]+(?P<year>\d{4})" + _TIME
)
_NAMED_MONTH_DAY = re.compile(
    _WEEKDAY + r"(?P<month>[^\W\d_]{3,9})\.? (?P<day>\d{1,2}),? +(?P<year>\d{4})" + _TIME
)
#: Forms of a date whose order is beyond doubt: the month is a name, or the year comes first.
_CERTAIN = (_YEAR_FIRST, _COMPACT, _DAY_NAMED_MONTH, _NAMED_MONTH_DAY)
_NUMBER = re.compile(r"\d{5,16}(\.\d+)?")
_MONTH_NAMES = (
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
)
#: First three letters of a month's name -> its number.
_MONTHS = {name[:3]: i for names in _MONTH_NAMES for i, name in enumerate(names.split(), start=1)}
_SERIAL_DAY_ZERO = dt.datetime(1899, 12, 30)
_EPOCH = dt.datetime(1970, 1, 1)


class _Reading(NamedTuple):
    """What one distinct value can mean, read day first and month first: the same unless its year comes last.

    Moments are local, or UTC; None where the value can't be read so.
    """

    day_first: dt.datetime | None = None
    month_first: dt.datetime | None = None
    is_utc: bool = False
    is_year_short: bool = False


def parse_moments(values: pd.Series, order: DateOrder, timezone: str) -> pd.DataFrame:
    """Moments of a column, in the market's zone.

    Values without a zone are local times. A local time that daylight saving skips moves forward to the
    next one that exists; one that occurs twice is taken as the first (summer time). Dates whose year comes
    last are read in `order`; where the column itself proves the other order too, or `order` says nothing
    about them and the column proves neither, those that could be read both ways are refused.

    Parameters
    ----------
    values : Series of str
    order : {"ymd", "dmy", "mdy"}
    timezone : str
        IANA name.

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
    readings = {i: _read(text) for i, text in enumerate(distinct) if not plain[i]}
    if readings:
        chosen, refused = _choose_order(readings, order)
        for moments, is_utc in ((naive, False), (utc, True)):
            own = {i: moment for i, moment in chosen.items() if readings[i].is_utc == is_utc}
            moments[list(own)] = pd.Series(own, dtype="datetime64[us]")
        ambiguous[list(refused)] = True

    naive = naive.where(naive.between(_FIRST, _LAST))
    utc = utc.where(utc.between(_FIRST, _LAST))
    local = naive.dt.tz_localize(timezone, ambiguous=np.ones(len(naive), bool), nonexistent="shift_forward")
    skipped = local.dt.tz_localize(None).ne(naive) & naive.notna()
    once = naive.dt.tz_localize(timezone, ambiguous="NaT", nonexistent="shift_forward")
    value = local
    if utc.notna().any():
        value = local.fillna(utc.dt.tz_localize("UTC").dt.tz_convert(timezone))
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


def _read(value: str) -> _Reading:
    text = (clean_text(value) or "").translate(WESTERN_DIGITS).lstrip("'")
    for pattern in _CERTAIN:
        if match := pattern.fullmatch(text):
            moment = _moment(match, match["year"], _month_number(match["month"]), match["day"])
            return _Reading(moment, moment, is_utc=bool(match.groupdict().get("zone")))
    if match := _YEAR_LAST.fullmatch(text):
        if match["zone"]:
            # a zone is only ever written by machines, and those that put the year last are not worth guessing
            return _Reading()
        is_short = len(match["year"]) == 2
        year = f"20{match['year']}" if is_short else match["year"]
        first, second = match["first"], match["second_part"]
        return _Reading(
            _moment(match, year, second, first), _moment(match, year, first, second), is_year_short=is_short
        )
    return _read_number(text) if _NUMBER.fullmatch(text) else _Reading()


def _month_number(name: str) -> int | str:
    return name if name.isdigit() else _MONTHS.get(name.casefold()[:3], 0)


def _read_number(text: str) -> _Reading:
    """A spreadsheet's serial day, or seconds, milliseconds or microseconds since 1970."""
    number, digits = float(text), len(text.partition(".")[0])
    if digits == 5 and 20_000 <= number < 80_000:
        moment = _SERIAL_DAY_ZERO + dt.timedelta(seconds=round(number * 86_400))
        return _Reading(moment, moment)
    divisor = {10: 1, 13: 1e3, 16: 1e6}.get(digits)
    if divisor is None or number / divisor > 7e9:
        return _Reading()
    moment = _EPOCH + dt.timedelta(seconds=number / divisor)
    return _Reading(moment, moment, is_utc=True)


def _moment(match: re.Match[str], year: str, month: int | str, day: str) -> dt.datetime | None:
    """The moment of a date with the time that `match` has; in UTC where it has a zone."""
    parts = match.groupdict()
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (parts.get("half") or "").replace(".", "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in ("pm", "م") else 0)
    micro = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    zone = parts.get("zone")
    try:
        moment = dt.datetime(int(year), int(month), int(day), hour, minute, second, micro)
        if zone and zone not in ("Z", "UTC", "GMT"):
            offset = dt.timedelta(hours=int(zone[1:3]), minutes=int(zone[3:].lstrip(":") or 0))
            moment = moment - offset if zone[0] == "+" else moment + offset
    except (ValueError, OverflowError):
        return None
    return moment


def _choose_order(readings: dict[int, _Reading], order: DateOrder) -> tuple[dict[int, dt.datetime], set[int]]:
    """The moments of a column's values, and which of them are refused."""
    only_day = any(r.day_first and not r.month_first for r in readings.values())
    only_month = any(r.month_first and not r.day_first for r in readings.values())
    is_day_first = {"dmy": True, "mdy": False}.get(order, only_day)
    is_contradicted = (only_day and only_month) or (only_month if is_day_first else only_day)
    is_unknown = order == "ymd" and not only_day and not only_month
    chosen, refused = {}, set()
    for i, reading in readings.items():
        preferred, other = reading[:2] if is_day_first else reading[1::-1]
        is_open = preferred and other and preferred != other
        if (is_open and (is_contradicted or is_unknown)) or (reading.is_year_short and order == "ymd"):
            refused.add(i)
        elif moment := preferred or other:
            chosen[i] = moment
    return chosen, refused
