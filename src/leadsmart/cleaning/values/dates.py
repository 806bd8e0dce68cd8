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
    _WEEKDAY + r"(?P<day>\d{1,2})[ -](?P<name>[^\W\d_]{3,9})\.?[ ,-]+(?P<year>\d{4})" + _TIME
)
_NAMED_MONTH_DAY = re.compile(
    _WEEKDAY + r"(?P<name>[^\W\d_]{3,9})\.? (?P<day>\d{1,2}),? +(?P<year>\d{4})" + _TIME
)
_BARE_NUMBER = re.compile(r"\d{5,16}(\.\d+)?")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_ARABIC_MONTHS = ["يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر"]
_MONTH_NUMBERS = {
    **{name: i for i, name in enumerate(_MONTHS, start=1)},
    **{name[:3]: i for i, name in enumerate([*_ARABIC_MONTHS, "نوفمبر", "ديسمبر"], start=1) if i not in (3, 5, 6, 7)},
    "مارس": 3, "مايو": 5, "يونيو": 6, "يوليو": 7, "يونيه": 6, "يوليه": 7,
}  # fmt: skip
_SERIAL_DAY_ZERO = dt.datetime(1899, 12, 30)
_EPOCH = dt.datetime(1970, 1, 1)


class _Reading(NamedTuple):
    """One distinct value: a naive or UTC moment, or both readings of a date whose year comes last."""

    moment: dt.datetime | None = None
    is_utc: bool = False
    day_first: dt.datetime | None = None
    month_first: dt.datetime | None = None
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
        (not written as ISO), ``unreadable``, ``ambiguous`` (refused), ``skipped`` (moved by daylight
        saving) and ``twice`` (occurs twice).
    """
    codes, distinct = factorize(values)
    texts = pd.Series([*distinct, None], dtype="str")
    plain = texts.str.fullmatch(_PLAIN_ISO).fillna(False).astype(bool)
    naive = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    utc = naive.copy()
    naive[plain] = pd.to_datetime(texts[plain], format="ISO8601", errors="coerce").astype("datetime64[us]")
    missing, ambiguous = texts.isna(), pd.Series(False, index=texts.index)

    odd = texts[~plain & texts.notna()]
    if len(odd):
        readings = {i: _read(text) for i, text in odd.items()}
        missing[[i for i, reading in readings.items() if reading is None]] = True
        known = {i: reading for i, reading in readings.items() if reading is not None}
        chosen, refused = _choose_order(known, order)
        local_moments = {
            i: r.moment for i, r in known.items() if r.moment is not None and not r.is_utc
        } | chosen
        utc_moments = {i: r.moment for i, r in known.items() if r.moment is not None and r.is_utc}
        naive[list(local_moments)] = pd.Series(local_moments, dtype="datetime64[us]")
        utc[list(utc_moments)] = pd.Series(utc_moments, dtype="datetime64[us]")
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
            "unreadable": value.isna() & ~missing & ~ambiguous,
            "ambiguous": ambiguous,
            "skipped": skipped,
            "twice": naive.notna() & once.isna(),
        }
    )
    return result.iloc[codes].set_axis(values.index)


def _read(value: str) -> _Reading | None:
    """What one value can mean; None where the cell holds nothing."""
    text = clean_text(value)
    if text is None:
        return None
    text = text.translate(WESTERN_DIGITS).lstrip("'")
    if _BARE_NUMBER.fullmatch(text):
        return _read_number(text)
    if match := _YEAR_FIRST.fullmatch(text):
        return _moment(match, int(match["year"]), int(match["month"]), int(match["day"]))
    if match := _YEAR_LAST.fullmatch(text):
        short = len(match["year"]) == 2
        year = int(match["year"]) + (2000 if short else 0)
        first, second = int(match["first"]), int(match["second_part"])
        day_first, month_first = _moment(match, year, second, first), _moment(match, year, first, second)
        if match["zone"]:
            # a zone is only ever written by machines, and those that put the year last are not worth guessing
            return _Reading()
        return _Reading(None, False, day_first.moment, month_first.moment, short)
    for pattern in (_DAY_NAMED_MONTH, _NAMED_MONTH_DAY):
        if match := pattern.fullmatch(text):
            name = match["name"].casefold()
            month = _MONTH_NUMBERS.get(name) or _MONTH_NUMBERS.get(name[:3])
            return _moment(match, int(match["year"]), month, int(match["day"])) if month else _Reading()
    return _Reading()


def _read_number(text: str) -> _Reading:
    number, digits = float(text), len(text.partition(".")[0])
    if (match := _COMPACT.fullmatch(text)) is not None:
        return _moment(match, int(match["year"]), int(match["month"]), int(match["day"]))
    if digits == 5 and 20_000 <= number < 80_000:
        return _Reading(_SERIAL_DAY_ZERO + dt.timedelta(seconds=round(number * 86_400)))
    divisor = {10: 1, 13: 1e3, 16: 1e6}.get(digits)
    if divisor is None or number / divisor > 7e9:
        return _Reading()
    return _Reading(_EPOCH + dt.timedelta(seconds=number / divisor), is_utc=True)


def _moment(match: re.Match[str], year: int, month: int, day: int) -> _Reading:
    parts = match.groupdict()
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (parts.get("half") or "").replace(".", "").lower()
    if half:
        if not 1 <= hour <= 12:
            return _Reading()
        hour = hour % 12 + (12 if half in ("pm", "م") else 0)
    micro = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    zone = parts.get("zone")
    try:
        moment = dt.datetime(year, month, day, hour, minute, second, micro)
        if zone and zone not in ("Z", "UTC", "GMT"):
            offset = dt.timedelta(hours=int(zone[1:3]), minutes=int(zone[3:].lstrip(":") or 0))
            moment = moment - offset if zone[0] == "+" else moment + offset
    except (ValueError, OverflowError):
        return _Reading()
    return _Reading(moment, is_utc=bool(zone))


def _choose_order(readings: dict[int, _Reading], order: DateOrder) -> tuple[dict[int, dt.datetime], set[int]]:
    """Moments of the dates whose year comes last, and which of them are refused."""
    both = {
        i: r for i, r in readings.items() if r.day_first and r.month_first and r.day_first != r.month_first
    }
    only_day = any(r.day_first and not r.month_first for r in readings.values())
    only_month = any(r.month_first and not r.day_first for r in readings.values())
    chosen = {i: r.day_first or r.month_first for i, r in readings.items() if i not in both}
    refused: set[int] = {i for i, r in readings.items() if r.is_year_short and order == "ymd"}
    day_first = {"dmy": True, "mdy": False}.get(order, only_day)
    contradicted = (only_day and only_month) or (only_month if day_first else only_day)
    unknown = order == "ymd" and not only_day and not only_month
    for i, reading in both.items():
        if contradicted or unknown:
            refused.add(i)
        else:
            chosen[i] = reading.day_first if day_first else reading.month_first
    return {i: moment for i, moment in chosen.items() if moment is not None and i not in refused}, refused
