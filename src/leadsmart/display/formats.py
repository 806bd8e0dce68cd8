"""Numbers as readers see them: two or three significant digits, units, intervals and "–" for nothing."""

import math
from datetime import date

from leadsmart.vocabulary import UNIT_AUC, UNIT_COUNT, UNIT_DAYS, UNIT_MONEY, UNIT_RATIO, UNIT_SHARE

NOTHING = "–"
_SCALES = [(1e9, " B"), (1e6, " M"), (1e3, " k")]


def is_missing(value: object) -> bool:
    """Whether there is nothing to show: None, NaN or infinite."""
    return value is None or not math.isfinite(float(value))


def _significant(value: float, digits: int) -> str:
    """Round to `digits` significant digits, never in scientific notation, whole numbers kept whole."""
    if value == 0:
        return "0"
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{decimals}f}"


def format_count(value: float | None) -> str:
    """A whole number with thousands separators.

    >>> format_count(56965), format_count(None)
    ('56,965', '–')
    """
    return NOTHING if is_missing(value) else f"{value:,.0f}"


def format_compact(value: float | None) -> str:
    """A number in thousands, millions or billions from ten thousand upwards.

    >>> format_compact(7_377_225), format_compact(6_800), format_compact(485.3)
    ('7.4 M', '6,800', '485')
    """
    if is_missing(value):
        return NOTHING
    magnitude = abs(value)
    if magnitude >= 9_999.5:
        # 999,950 rounds up into the next scale: pick the scale after rounding to three digits
        for scale, suffix in _SCALES:
            if magnitude >= scale * 0.9995:
                scaled = value / scale
                return f"{_significant(scaled, 2 if abs(scaled) < 99.5 else 3)}{suffix}"
    if magnitude >= 99.5:
        return f"{value:,.0f}"
    return _significant(value, 2)


def format_money(value: float | None, currency: str) -> str:
    """Money with its currency.

    >>> format_money(7_377_225, "EGP"), format_money(484.9, "EGP"), format_money(None, "EGP")
    ('EGP 7.4 M', 'EGP 485', '–')
    """
    return NOTHING if is_missing(value) else f"{currency} {format_compact(value)}"


def format_percent(value: float | None) -> str:
    """A fraction as percent.

    >>> format_percent(0.1234), format_percent(0.0081), format_percent(1.0), format_percent(float("nan"))
    ('12 %', '0.8 %', '100 %', '–')
    """
    if is_missing(value):
        return NOTHING
    percent = 100 * value
    return f"{percent:.1f} %" if 0 < abs(percent) < 9.95 else f"{percent:.0f} %"


def format_value(value: float | None, unit: str, currency: str = "") -> str:
    """A value in its unit (one of the units of the vocabulary).

    >>> format_value(0.59, "share"), format_value(3.14159, "ratio"), format_value(6800, "money", "EGP")
    ('59 %', '3.1×', 'EGP 6,800')
    """
    if is_missing(value):
        return NOTHING
    if unit == UNIT_SHARE:
        return format_percent(value)
    if unit == UNIT_MONEY:
        return format_money(value, currency)
    if unit == UNIT_RATIO:
        return f"{_significant(value, 2)}×"
    if unit == UNIT_DAYS:
        return f"{_significant(value, 2)} days"
    if unit == UNIT_AUC:
        return f"{value:.2f}"
    if unit == UNIT_COUNT:
        return format_compact(value)
    raise ValueError(f"unknown unit {unit!r}")


def format_interval(
    estimate: float | None, low: float | None, high: float | None, unit: str, currency: str = ""
) -> str:
    """An estimate with its interval; the unit stands once.

    >>> format_interval(0.59, 0.52, 0.66, "share")
    '59 % (52–66)'
    >>> format_interval(485, 430, 560, "money", "EGP")
    'EGP 485 (430–560)'
    >>> format_interval(0.59, None, None, "share")
    '59 %'
    """
    text = format_value(estimate, unit, currency)
    if text == NOTHING or is_missing(low) or is_missing(high):
        return text
    bounds = [format_value(bound, unit, currency) for bound in (low, high)]
    bounds = [b.removeprefix(f"{currency} ").removesuffix(" %").removesuffix("×").removesuffix(" days") for b in bounds]
    return f"{text} ({bounds[0]}–{bounds[1]})"


def format_delta(relative: float | None, basis: str) -> str:
    """A relative change with sign and basis.

    >>> format_delta(0.08, "the 28 days before"), format_delta(-0.031, "the 28 days before")
    ('+8 % vs. the 28 days before', '−3 % vs. the 28 days before')
    """
    if is_missing(relative):
        return NOTHING
    percent = round(100 * relative)
    sign = "+" if percent > 0 else "−" if percent < 0 else "±"
    return f"{sign}{abs(percent):,} % vs. {basis}"


def format_date(day: date) -> str:
    """A day as readers write it.

    >>> format_date(date(2024, 12, 31))
    '31 Dec 2024'
    """
    return f"{day.day} {day:%b %Y}"
