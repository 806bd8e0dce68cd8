"""Text cells: invisible characters, markers for "nothing", ids and names of markets."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final, Literal

import numpy as np
import pandas as pd

#: What spreadsheets, databases and people write into a cell that holds nothing.
MISSING_MARKERS: Final = frozenset(
    {
        "", "null", "(null)", "n/a", "#n/a", "na", "nan", "<na>", "none", "nil", "undefined", "-", "--", "–",
        "—", "?", ".", "\\n", "nat", "0000-00-00", "0000-00-00 00:00:00",
    }
)  # fmt: skip

#: Eastern and Persian digits as western ones, Arabic separators as ours.
WESTERN_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬", "01234567890123456789.,")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:\-]{0,63}")
_GROUPED_ID = re.compile(r"\d{1,3}(,\d{3})+")
_FLOAT_ID = re.compile(r"(\d+)\.0+")


def factorize(values: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Code of each value, -1 where it is missing, and the distinct values as a list.

    Going over a column of strings one by one takes ten times as long as over a list.
    """
    codes, distinct = pd.factorize(values)
    return codes, distinct.to_numpy(dtype=object).tolist()


def map_distinct(
    values: pd.Series, function: Callable[[str], object], dtype: Literal["str", "boolean", "object"] = "str"
) -> pd.Series:
    """Apply `function` once per distinct value; missing stays missing.

    Parameters
    ----------
    values : Series of str
    function : callable
        str -> value, or None for missing.
    dtype : {"str", "boolean", "object"}
        Of the result.

    Returns
    -------
    Series
        Same index.
    """
    codes, distinct = factorize(values)
    # missing values are coded as -1, which picks the last element
    mapped = pd.Series([*map(function, distinct), None], dtype=dtype).array
    return pd.Series(mapped.take(codes), index=values.index, name=values.name)


def holds_for(values: pd.Series, function: Callable[[str], bool]) -> pd.Series:
    """Rows for whose value `function` is true, which is called once per distinct value; False where it is missing.

    Parameters
    ----------
    values : Series of str
    function : callable
        str -> bool.

    Returns
    -------
    Series of bool
    """
    return map_distinct(values, function, dtype="boolean").fillna(False).astype(bool)


def is_in(values: pd.Series, known: Iterable[str]) -> pd.Series:
    """Rows whose value is one of many known ones; ``Series.isin`` takes far longer where these are strings.

    Parameters
    ----------
    values : Series of str
    known : iterable of str

    Returns
    -------
    Series of bool
    """
    wanted = set(known)
    return holds_for(values, wanted.__contains__)


def clean_text(value: str) -> str | None:
    """Text as a reader sees it: no invisible characters, single blanks, None where it says "nothing".

    >>> clean_text("  New\\u200b Cairo\\u00a0 "), clean_text("N/A")
    ('New Cairo', None)
    """
    if not (value.isascii() and value.isprintable()):
        value = unicodedata.normalize("NFKC", value)
        value = "".join(
            " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
            for c in value
            if unicodedata.category(c) not in ("Cf", "Cs", "Co")
        )
    value = " ".join(value.split())
    return None if value.casefold() in MISSING_MARKERS else value


def clean_id(value: str) -> str | None:
    """An id as the platform wrote it; None where the cell holds no id.

    >>> clean_id(" 123.0"), clean_id("1,234,567"), clean_id("٤٥"), clean_id("1.2E+05"), clean_id("a@b.c")
    ('123', '1234567', '45', None, None)
    """
    text = clean_text(value)
    if text is None:
        return None
    text = text.translate(WESTERN_DIGITS).lstrip("'")
    if _GROUPED_ID.fullmatch(text):
        text = text.replace(",", "")
    if match := _FLOAT_ID.fullmatch(text):
        text = match[1]
    return text if _ID.fullmatch(text) else None


def clean_market(value: str) -> str | None:
    """A market's name as its parameter file spells it.

    >>> clean_market(" New Cairo ")
    'new-cairo'
    """
    text = clean_text(value)
    return None if text is None else re.sub(r"[\s_\-]+", "-", text.casefold())
