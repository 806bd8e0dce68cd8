"""Numbers as people and spreadsheets write them: separators, currencies, Arabic digits."""

import math
import re
from typing import Final, Literal

import numpy as np
import pandas as pd

from leadsmart.cleaning.values.texts import WESTERN_DIGITS, clean_text, factorize

#: What a number shows of its column: the decimal mark is a comma or a point, or a single mark before three digits
#: leaves it open.
Mark = Literal["comma", "point", "open comma", "open point"]

#: Larger amounts of one ad set and day are slips, most often a phone in the wrong column.
_LARGEST: Final = 1e10

_PLAIN = r"-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,10})?"
_LOOKS_GROUPED = r"-?[0-9]{1,3}\.[0-9]{3}"
_PHONE_LIKE = re.compile(r"0[\d ]{6,}")
_UNIT = r"(?:(?:[^\W\d_]\.?){1,4}[$€£]?|[$€£])"
_NUMBER = re.compile(
    r"(?P<open>\()?\s*(?P<sign>[-+−])?\s*"
    rf"(?P<before>{_UNIT})?\s*"
    r"(?P<inner>[-+−])?(?P<digits>\d[\d.,'’ ]*|[.,]\d+)(?P<exponent>[eE][+-]?\d{1,3})?"
    rf"\s*(?P<behind>{_UNIT})?\s*(?P<close>\))?"
)
#: Letters that shorten a number: 1.5K has lost its digits.
_SHORTENED: Final = frozenset(
    {"k", "m", "b", "mn", "bn", "mio", "mrd", "tsd", "mil", "lac", "lakh", "cr", "ألف", "الف"}
)
#: Thousands, and with commas the Indian lakh: 1,23,456.
_GROUPS = {
    ",": re.compile(r"\d{1,3}(,\d{3})+|\d{1,2}(,\d{2})+,\d{3}"),
    ".": re.compile(r"\d{1,3}(\.\d{3})+"),
}
_BLANK_GROUPS = re.compile(r"\d{1,3}([ '’]\d{3})+([.,]\d+)?")


def parse_number(value: str, decimal_comma: bool = False) -> float | None:
    """A number from one cell.

    Parameters
    ----------
    value : str
    decimal_comma : bool
        How a separator with three digits behind it is read: "1,200" is 1200 without, 1.2 with it. Where
        only one reading is possible ("1.200,50", "1,5") that one is taken.

    Returns
    -------
    float or None
        None for nothing, NaN for something that is no number.

    Examples
    --------
    >>> [parse_number(x) for x in ["1,200", "1.200,50", "EGP 1,200", "١٬٢٠٠٫٥", "(3.5)", "-", "12 %", "1,23,456"]]
    [1200.0, 1200.5, 1200.0, 1200.5, -3.5, None, nan, 123456.0]
    >>> parse_number("1.200", decimal_comma=True)
    1200.0
    """
    text = clean_text(value)
    if text is None:
        return None
    match = _match(text)
    if match is None:
        return math.nan
    digits = _with_decimal_point(match["digits"].strip(), decimal_comma)
    if digits is None:
        return math.nan
    number = float(digits + (match["exponent"] or ""))
    if number > _LARGEST:
        return math.nan
    negative = match["open"] or "-" in (sign := f"{match['sign']}{match['inner']}") or "−" in sign
    return -number if negative else number


def decimal_mark(value: str) -> Mark | None:
    """What a number shows of the decimal mark of its column; None where it has no mark, or is no number.

    >>> [decimal_mark(x) for x in ["1.200,50", "263.6", "1,200", "1.472", "1 200,500", "1200", "soon"]]
    ['comma', 'point', 'open comma', 'open point', 'comma', None, None]
    """
    match = _match(clean_text(value) or "")
    digits = match["digits"].strip() if match else ""
    return _mark_of(digits) if _with_decimal_point(digits, False) else None


def written_unit(value: str) -> str | None:
    """Letters or sign beside a number: a currency, most often.

    >>> [written_unit(x) for x in ["EGP 1,200", "12.5 د.إ", "$3", "1200", "soon"]]
    ['EGP', 'د.إ', '$', None, None]
    """
    match = _match(clean_text(value) or "")
    return None if match is None else match["before"] or match["behind"]


def parse_numbers(values: pd.Series, decimal_comma: bool = False) -> pd.DataFrame:
    """Numbers of a column.

    Parameters
    ----------
    values : Series of str
        As exported; missing where the cell is empty.
    decimal_comma : bool
        See `parse_number`.

    Returns
    -------
    DataFrame
        One row per value, same index: ``value`` (float, NaN where there is none) and ``reformatted`` (bool:
        not written as plain digits).
    """
    codes, distinct = factorize(values)
    # missing values are coded as -1, which picks the last row
    texts = pd.Series([*distinct, None], dtype="str")
    plain = texts.str.fullmatch(_PLAIN).fillna(False).to_numpy(bool)
    if decimal_comma:
        plain = plain & ~texts.str.fullmatch(_LOOKS_GROUPED).fillna(False).to_numpy(bool)
    number = np.full(len(texts), math.nan)
    number[plain] = texts[plain].astype(float)
    parsed = [parse_number(text, decimal_comma) for text in texts[~plain].dropna()]
    number[~plain & texts.notna()] = [math.nan if value is None else value for value in parsed]
    result = pd.DataFrame({"value": number, "reformatted": ~plain & ~np.isnan(number)})
    return result.iloc[codes].set_axis(values.index)


def _match(text: str) -> re.Match[str] | None:
    """The parts of a number, None for what is none."""
    match = _NUMBER.fullmatch(text.translate(WESTERN_DIGITS).lstrip("'"))
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    if (match["before"] or match["behind"] or "").casefold() in _SHORTENED:
        return None
    if _PHONE_LIKE.fullmatch(match["digits"]) or (match["sign"] == "+" and len(match["digits"]) > 9):
        return None
    return match


def _mark_of(digits: str) -> Mark | None:
    last = max(digits.rfind(","), digits.rfind("."))
    if last < 0:
        return None
    mark = digits[last]
    own: Mark = "comma" if mark == "," else "point"
    other: Mark = "point" if mark == "," else "comma"
    if ("." in digits and "," in digits) or re.search(r"[ '’]", digits):
        return own
    if digits.count(mark) > 1:
        return other
    if _GROUPS[mark].fullmatch(digits) and not digits.startswith("0"):
        return "open comma" if mark == "," else "open point"
    return own


def _with_decimal_point(digits: str, decimal_comma: bool) -> str | None:
    """The digits with at most a decimal point; None where separators stand where none can."""
    if re.search(r"[ '’]", digits):
        return re.sub(r"[ '’]", "", digits).replace(",", ".") if _BLANK_GROUPS.fullmatch(digits) else None
    mark = _mark_of(digits)
    if mark is None:
        return digits
    if mark.startswith("open"):
        mark = "comma" if decimal_comma else "point"
    decimal, group = (",", ".") if mark == "comma" else (".", ",")
    whole, point, fraction = digits.partition(decimal)
    if group in whole and not _GROUPS[group].fullmatch(whole):
        return None
    is_valid = not point or (fraction.isdigit() and (whole or fraction))
    return f"{whole.replace(group, '')}{'.' if point else ''}{fraction}" if is_valid else None
