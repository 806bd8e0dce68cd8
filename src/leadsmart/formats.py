"""Numbers as readers see them: two or three significant digits, units, intervals and "–" for nothing."""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, TypeGuard

import pandas as pd
from pandas.api.typing import NaTType, NAType

from leadsmart.vocabulary import (
    RANGE_95,
    UNIT_AUC,
    UNIT_COUNT,
    UNIT_DAYS,
    UNIT_MONEY,
    UNIT_POINTS,
    UNIT_RATIO,
    UNIT_SHARE,
)

NOTHING: Final = "–"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SCALES: Final = ((1e9, " B"), (1e6, " M"), (1e3, " k"))


def is_known(value: float | NAType | NaTType | None) -> TypeGuard[float]:
    """Whether there is a number to show: neither None, NA, NaN nor infinite."""
    return value is not None and not isinstance(value, (NAType, NaTType)) and math.isfinite(value)


def _signed(text: str) -> str:
    """Show a true minus, and no sign on what rounds to zero."""
    if text.startswith("-"):
        return "−" + text[1:] if any(digit in text for digit in "123456789") else text[1:]
    return text


def _significant(value: float, digits: int) -> str:
    """Round to `digits` significant digits after the point; digits before it are all kept."""
    if value == 0:
        return "0"
    # 9.97 rounds to 10, which has one place fewer than 9.97: count places after rounding
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(digits - 1 - math.floor(math.log10(abs(rounded))), 0)
    return _signed(f"{value:,.{decimals}f}")


def _significant_or_whole(value: float) -> str:
    return _signed(f"{value:,.0f}") if float(value).is_integer() else _significant(value, 2)


def format_count(value: float | None) -> str:
    """A whole number with thousands separators.

    >>> format_count(56965), format_count(None)
    ('56,965', '–')
    """
    return _signed(f"{value:,.0f}") if is_known(value) else NOTHING


def format_compact(value: float | None) -> str:
    """A number in thousands, millions or billions from ten thousand upwards; whole numbers stay whole.

    >>> format_compact(7_377_225), format_compact(6_800), format_compact(485.3), format_compact(7)
    ('7.4 M', '6,800', '485', '7')
    """
    if not is_known(value):
        return NOTHING
    magnitude = abs(value)
    if magnitude >= 9_999.5:
        # 999,950 would read "1,000 k": pick the scale that the rounded number needs
        scale, suffix = next((s, x) for s, x in _SCALES if magnitude >= s * 0.9995)
        return f"{_significant(value / scale, 2)}{suffix}"
    return _significant_or_whole(value)


def format_money(value: float | None, currency: str) -> str:
    """Money with its currency.

    Parameters
    ----------
    value : float, optional
        The amount.
    currency : str
        Its ISO code.

    Returns
    -------
    str
        "–" where there is no value.

    Raises
    ------
    ValueError
        If `currency` is empty.

    Examples
    --------
    >>> format_money(7_377_225, "EGP"), format_money(484.9, "EGP"), format_money(None, "EGP")
    ('EGP 7.4 M', 'EGP 485', '–')
    """
    if not currency:
        raise ValueError("money is never shown without its currency")
    return f"{currency} {format_compact(value)}" if is_known(value) else NOTHING


def format_percent(value: float | None) -> str:
    """A fraction as percent; what is above zero never reads as zero, and what is below all never reads as all.

    >>> format_percent(0.1234), format_percent(0.0081), format_percent(1.0), format_percent(float("nan"))
    ('12 %', '0.8 %', '100 %', '–')
    >>> format_percent(0.0002), format_percent(0), format_percent(0.998), format_percent(0.9998)
    ('<0.1 %', '0 %', '99.8 %', '>99.9 %')
    """
    if not is_known(value):
        return NOTHING
    percent = 100 * value
    if 0 < percent < 0.05:
        return "<0.1 %"
    if 99.95 <= percent < 100:
        return ">99.9 %"
    is_near_an_end = 0.05 <= abs(percent) < 9.95 or 99.5 <= percent < 99.95
    return _signed(f"{percent:.1f} %" if is_near_an_end else f"{percent:.0f} %")


def _format_days(value: float) -> str:
    number = "<0.1" if 0 < value < 0.1 else _significant_or_whole(value)
    return f"{number} day" if number == "1" else f"{number} days"


_FORMATTERS: Final[Mapping[str, Callable[[float], str]]] = {
    UNIT_AUC: lambda value: _signed(f"{value:.2f}"),
    UNIT_COUNT: format_compact,
    UNIT_DAYS: _format_days,
    UNIT_POINTS: lambda value: format_percent(value).replace(" %", " points"),
    UNIT_RATIO: lambda value: f"{_significant(value, 2)}×",
    UNIT_SHARE: format_percent,
}


def format_value(value: float | None, unit: str, currency: str = "") -> str:
    """A value in its unit.

    Parameters
    ----------
    value : float, optional
        A fraction for shares and points.
    unit : str
        One of the units of the vocabulary.
    currency : str
        Of money.

    Returns
    -------
    str
        "–" where there is no value.

    Raises
    ------
    ValueError
        If the unit is unknown, or `currency` is empty for money.

    Examples
    --------
    >>> format_value(0.59, "share"), format_value(3.14159, "ratio"), format_value(6800, "money", "EGP")
    ('59 %', '3.1×', 'EGP 6,800')
    >>> format_value(1, "days"), format_value(2.5, "days"), format_value(0.0002, "days"), format_value(0.7, "auc")
    ('1 day', '2.5 days', '<0.1 days', '0.70')
    """
    if unit == UNIT_MONEY:
        return format_money(value, currency)
    if unit not in _FORMATTERS:
        units = ", ".join(sorted({*_FORMATTERS, UNIT_MONEY}))
        raise ValueError(f"unknown unit {unit!r}; known units: {units}")
    return _FORMATTERS[unit](value) if is_known(value) else NOTHING


def format_interval(
    estimate: float | None,
    low: float | None,
    high: float | None,
    unit: str,
    currency: str = "",
    label: str = "",
) -> str:
    """An estimate with its interval; the unit stands once. Bounds below zero are joined by "to".

    Parameters
    ----------
    estimate, low, high : float, optional
        Without both bounds the estimate stands alone.
    unit, currency : str
        As in `format_value`.
    label : str
        What the range is called; it stands before the bounds of all but a 95 % range.

    Returns
    -------
    str
        "–" where there is no estimate.

    Examples
    --------
    >>> format_interval(0.59, 0.52, 0.66, "share")
    '59 % (52–66)'
    >>> format_interval(485, 430, 560, "money", "EGP")
    'EGP 485 (430–560)'
    >>> format_interval(-0.08, -0.2, 0.04, "share")
    '−8.0 % (−20 to 4.0)'
    >>> format_interval(0.59, None, None, "share")
    '59 %'
    >>> format_interval(0.59, 0.2, 0.9, "share", label="indicative range")
    '59 % (indicative range 20–90)'
    """
    text = format_value(estimate, unit, currency)
    if text == NOTHING or not is_known(low) or not is_known(high):
        return text
    first, second = (_without_unit(format_value(bound, unit, currency), currency) for bound in (low, high))
    label = "" if label == RANGE_95 else f"{label} ".lstrip()
    return f"{text} ({label}{first}{' to ' if '−' in first + second else '–'}{second})"


def format_points(
    estimate: float | None, low: float | None = None, high: float | None = None, label: str = ""
) -> str:
    """A difference of shares, or their standard deviation, in percentage points.

    Parameters
    ----------
    estimate, low, high : float, optional
        Fractions.
    label : str
        As in `format_interval`.

    Returns
    -------
    str
        "–" where there is no estimate.

    Examples
    --------
    >>> format_points(0.16, 0.1, 0.2), format_points(0.05)
    ('16 points (10–20)', '5.0 points')
    """
    return format_interval(estimate, low, high, UNIT_POINTS, label=label)


def _without_unit(text: str, currency: str) -> str:
    bare = text.removeprefix(f"{currency} ")
    for suffix in (" %", "×", " points", " days", " day"):
        bare = bare.removesuffix(suffix)
    return bare


def format_change(relative: float | None) -> str:
    """A relative change with its sign.

    >>> format_change(0.08), format_change(-0.031), format_change(0.0), format_change(None)
    ('+8 %', '−3 %', '±0 %', '–')
    """
    if not is_known(relative):
        return NOTHING
    percent = round(100 * relative)
    sign = "+" if percent > 0 else "−" if percent < 0 else "±"
    return f"{sign}{abs(percent):,} %"


def format_status(status: str) -> str:
    """A status of the platform as readers say it.

    >>> format_status("NOT_QUALIFIED"), format_status("WHATSAPP")
    ('not qualified', 'WhatsApp')
    """
    return {"WHATSAPP": "WhatsApp"}.get(status, status.replace("_", " ").lower())


def format_date(day: date | None) -> str:
    """A day as readers write it.

    >>> format_date(date(2024, 12, 31)), format_date(None)
    ('31 Dec 2024', '–')
    """
    return NOTHING if day is None or pd.isna(day) else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def first_sentence(text: str) -> str:
    """The first sentence of a statement, without its full stop: a picture's title.

    >>> first_sentence("Most leads stop after arrived: 32 % went on. 120 have no history.")
    'Most leads stop after arrived: 32 % went on'
    """
    return text.partition(". ")[0].rstrip(".")
