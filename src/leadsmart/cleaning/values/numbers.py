"""Numbers as people and spreadsheets write them: separators, currencies, Arabic digits."""

import math
import re
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.cleaning.values.texts import WESTERN_DIGITS, clean_text, factorize

#: Larger amounts of one ad set and day are slips, most often a phone in the wrong column.
_LARGEST: Final = 1e10

_PLAIN = r"-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,10})?"
_LOOKS_GROUPED = r"-?[0-9]{1,3}\.[0-9]{3}"
_PHONE_LIKE = re.compile(r"0[\d ]{6,}")
_NUMBER = re.compile(
    r"(?P<open>\()?\s*(?P<sign>[-+−])?\s*"
    r"(?:(?:[^\W\d_]\.?){1,4}|[$€£])?\s*"
    r"(?P<inner>[-+−])?(?P<digits>\d[\d.,'’ ]*|[.,]\d+)(?P<exponent>[eE][+-]?\d{1,3})?"
    r"\s*(?:(?:[^\W\d_]\.?){1,4}|[$€£])?\s*(?P<close>\))?"
)
_GROUPS = {sep: re.compile(rf"\d{{1,3}}({re.escape(sep)}\d{{3}})+") for sep in ".,"}


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
    >>> [parse_number(x) for x in ["1,200", "1.200,50", "EGP 1,200", "١٬٢٠٠٫٥", "(3.5)", "-", "12 %"]]
    [1200.0, 1200.5, 1200.0, 1200.5, -3.5, None, nan]
    >>> parse_number("1.200", decimal_comma=True)
    1200.0
    """
    text = clean_text(value)
    if text is None:
        return None
    match = _NUMBER.fullmatch(text.translate(WESTERN_DIGITS).lstrip("'"))
    if match is None or bool(match["open"]) != bool(match["close"]):
        return math.nan
    if _PHONE_LIKE.fullmatch(match["digits"]) or (match["sign"] == "+" and len(match["digits"]) > 9):
        return math.nan
    digits = _with_decimal_point(re.sub(r"[ '’]", "", match["digits"]), decimal_comma)
    if digits is None:
        return math.nan
    number = float(digits + (match["exponent"] or ""))
    if number > _LARGEST:
        return math.nan
    negative = match["open"] or "-" in (sign := f"{match['sign']}{match['inner']}") or "−" in sign
    return -number if negative else number


def _with_decimal_point(digits: str, decimal_comma: bool) -> str | None:
    """Digits with at most one point, or None where the separators make no sense."""
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma < 0 and point < 0:
        return digits
    if comma >= 0 and point >= 0:
        decimal = "," if comma > point else "."
        group = "." if decimal == "," else ","
        whole, _, fraction = digits.rpartition(decimal)
        valid = bool(_GROUPS[group].fullmatch(whole)) and fraction.isdigit()
        return f"{whole.replace(group, '')}.{fraction}" if valid else None
    mark = "," if comma >= 0 else "."
    grouped = bool(_GROUPS[mark].fullmatch(digits)) and not digits.startswith("0")
    if digits.count(mark) > 1:
        return digits.replace(mark, "") if grouped else None
    if grouped and (mark == ",") != decimal_comma:
        return digits.replace(mark, "")
    return digits.replace(mark, ".")


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
