"""Text cells: invisible characters, markers for "nothing", ids and names of markets.

Headers are read wherever it is asked whether anything changed, so that pandas is imported only for columns.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
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
#: ="123" and '123 are how spreadsheets are told that a number is a text.
_FORMULA = re.compile(r'=\s*"(.*)"')
#: What Meta writes before ids of leads, ad groups, ad sets, campaigns, forms and before phones.
_PREFIX = re.compile(r"^(?:ag|as|[lcfp]):\s*(?=\w)", re.IGNORECASE)
#: A single group behind a point may be decimals.
_GROUPED_ID = re.compile(r"\d{1,3}(?:([, '])\d{3}(?:\1\d{3})*|(?:\.\d{3}){2,})")
_FLOAT_ID = re.compile(r"(\d+)(?:\.0+|,00?)")
#: Salesforce writes one id with 15 characters, or with a checksum of its capitals behind them.
_SALESFORCE_ID = re.compile(r"([A-Za-z0-9]{15})([A-Z0-5]{3})")
_GUID = re.compile(r"\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?", re.IGNORECASE)
_CHECKSUM_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def factorize(values: "pd.Series") -> "tuple[np.ndarray, list[str]]":
    """Code of each value, -1 where it is missing, and the distinct values as a list.

    Going over a column of strings one by one takes ten times as long as over a list.
    """
    import pandas as pd

    codes, distinct = pd.factorize(values)
    return codes, distinct.to_numpy(dtype=object).tolist()


def map_distinct(
    values: "pd.Series", function: Callable[[str], object], dtype: Literal["str", "boolean", "object"] = "str"
) -> "pd.Series":
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
    import pandas as pd

    codes, distinct = factorize(values)
    # missing values are coded as -1, which picks the last element
    mapped = pd.Series([*map(function, distinct), None], dtype=dtype).array
    return pd.Series(mapped.take(codes), index=values.index, name=values.name)


def holds_for(values: "pd.Series", function: Callable[[str], bool]) -> "pd.Series":
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


def is_in(values: "pd.Series", known: Iterable[str]) -> "pd.Series":
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
    >>> clean_id('="123"'), clean_id("'123"), clean_id("c:123"), clean_id("001D000000IRFmaIAH")
    ('123', '123', '123', '001D000000IRFma')
    """
    text = clean_text(value)
    if text is None:
        return None
    text = text.translate(WESTERN_DIGITS)
    if match := _FORMULA.fullmatch(text):
        text = match[1].strip()
    text = _PREFIX.sub("", text.strip("'"))
    if _GROUPED_ID.fullmatch(text):
        text = re.sub(r"\D", "", text)
    if match := _FLOAT_ID.fullmatch(text):
        text = match[1]
    if (match := _SALESFORCE_ID.fullmatch(text)) and _salesforce_checksum(match[1]) == match[2]:
        text = match[1]
    if match := _GUID.fullmatch(text):
        text = match[1].lower()
    return text if _ID.fullmatch(text) else None


def _salesforce_checksum(text: str) -> str:
    """Per five characters one, which says where capitals are."""
    parts = (text[i : i + 5] for i in range(0, 15, 5))
    return "".join(_CHECKSUM_LETTERS[sum(c.isupper() << i for i, c in enumerate(part))] for part in parts)


def clean_market(value: str) -> str | None:
    """A market's name as its parameter file spells it.

    >>> clean_market(" New Cairo ")
    'new-cairo'
    """
    text = clean_text(value)
    return None if text is None else re.sub(r"[\s_\-]+", "-", text.casefold())
