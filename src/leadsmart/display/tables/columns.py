"""Columns: how a value of a table is named, formatted and aligned on screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

from leadsmart import formats
from leadsmart.display.markup import escape, escape_name, link, verdict_mark
from leadsmart.display.sparklines import sparkline
from leadsmart.errors import RenderError
from leadsmart.vocabulary import RANGE_INDICATIVE, UNIT_COUNT, UNIT_MONEY, UNIT_SHARE

#: Units of a column beside those of the vocabulary.
TEXT: Final = "text"
DATE: Final = "date"
VERDICT: Final = "verdict"
DELTA: Final = "delta"
STATUS: Final = "status"
SPARKLINE: Final = "sparkline"

_NOT_NUMBERS: Final = frozenset({TEXT, DATE, VERDICT, SPARKLINE, STATUS})
INDICATIVE_MARK: Final = "≈"
#: A share whose range is wider tells a reader nothing; 60 points.
WIDEST_SHARE: Final = 0.6
_NO_CURRENCY: Final = "¤"


@dataclass(frozen=True)
class Column:
    """One column on screen.

    Parameters
    ----------
    name : str
        Column of the table that holds the value.
    label : str
        Head of the column, without the unit.
    unit : str
        A unit of the vocabulary, or ``text``, ``date``, ``verdict``, ``status`` (of a lead), ``delta`` (a
        relative change) or ``sparkline`` (a cell holds the series).
    low, high : str, optional
        Columns with the bounds of the value's interval. A column named as `low`, with ``_range`` for ``_low``, says
        what the range is called, where the table has it; an indicative range is marked.
    n : str, optional
        Column with the count the value rests on, shown beside it.
    link : str, optional
        Column with the address, within the site, that the value leads to.
    currency : str, optional
        Column with the currency of money, where it differs from row to row.
    instead : str, optional
        Column with the words that stand where a number is hidden, such as "fewer than 5".
    is_optional : bool
        Whether the column is left out where no row has a value.
    """

    name: str
    label: str
    unit: str = TEXT
    low: str | None = None
    high: str | None = None
    n: str | None = None
    link: str | None = None
    currency: str | None = None
    instead: str | None = None
    is_optional: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the column is aligned to the right and sorted by value."""
        return self.unit not in _NOT_NUMBERS

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of the table that this one needs."""
        return tuple(
            x
            for x in (self.name, self.low, self.high, self.n, self.link, self.currency, self.instead)
            if x is not None
        )

    def range_mark(self, row: Mapping[str, object]) -> str:
        """The sign before the bounds of the row's interval: "≈" if it is only indicative."""
        if self.is_too_wide(row):
            return ""
        name = (self.low or "").removesuffix("_low") + "_range"
        return INDICATIVE_MARK if row.get(name) == RANGE_INDICATIVE else ""

    def is_too_wide(self, row: Mapping[str, object]) -> bool:
        """Whether the row's value is a share whose range is too wide to say anything.

        A relative difference, whose range goes below 0 or beyond 1, is no share.

        >>> rate = Column("rate", "Qualified", "share", "low", "high")
        >>> [rate.is_too_wide({"low": low, "high": 0.79}) for low in (0.0, 0.2, -0.1)]
        [True, False, False]
        """
        if self.unit != UNIT_SHARE or self.low is None or self.high is None:
            return False
        low, high = row[self.low], row[self.high]
        if formats.is_missing(low) or formats.is_missing(high):
            return False
        return 0 <= low <= high <= 1 and high - low > WIDEST_SHARE

    def head(self, currency: str = "") -> str:
        """Head of the column with the unit of money.

        >>> Column("cpl", "CPL", "money").head("EGP")
        'CPL (EGP)'
        """
        return (
            f"{self.label} ({currency})"
            if self.unit == UNIT_MONEY and currency and not self.currency
            else self.label
        )


def filled_columns(table: pd.DataFrame, columns: Sequence[Column]) -> list[Column]:
    """The columns without the optional ones that have no value in any row.

    >>> table = pd.DataFrame({"leads": [3], "shrunk": [float("nan")]})
    >>> columns = Column("leads", "Leads"), Column("shrunk", "Shrunk", is_optional=True)
    >>> [column.name for column in filled_columns(table, columns)]
    ['leads']
    """
    return [c for c in columns if not c.is_optional or table[c.name].notna().any()]


def check_columns(table: pd.DataFrame, columns: Sequence[Column], title: str) -> None:
    """Refuse columns that the table lacks.

    Raises
    ------
    RenderError
        If a named column is absent.
    """
    missing = [name for column in columns for name in column.sources if name not in table.columns]
    if missing:
        raise RenderError(
            f"the table {title!r} lacks columns that it should show",
            column=missing[0],
            count=len(missing),
            examples=missing,
            remedy="Compute the column before the table is shown, or leave it out of `columns`",
        )


def raw_number(row: Mapping[str, object], column: Column) -> str:
    """The value to sort by, "" where there is none.

    >>> raw_number({"cpl": 485.25}, Column("cpl", "CPL", "money"))
    '485.25'
    """
    value = row[column.name]
    return "" if formats.is_missing(value) else f"{float(value):.7g}"


def _day(value: object) -> str:
    if value is None or pd.isna(value):
        return formats.NOTHING
    return formats.format_date(pd.Timestamp(value).date() if not isinstance(value, date) else value)


def _number(row: Mapping[str, object], column: Column) -> str:
    value = row[column.name]
    if column.unit == DELTA:
        return formats.format_change(value)
    if column.unit == UNIT_COUNT and column.low is None:
        return formats.format_count(value)
    low = row[column.low] if column.low else None
    high = row[column.high] if column.high else None
    if column.is_too_wide(row):
        whole = formats.format_value(value, column.unit)
        return whole if whole == formats.NOTHING else f"{whole} ({formats.NOTHING})"
    currency = str(row[column.currency]) if column.currency else _NO_CURRENCY
    text = formats.format_interval(value, low, high, column.unit, currency, column.range_mark(row))
    # without a column of its own, the currency stands once, in the head of the column
    return text.removeprefix(f"{_NO_CURRENCY} ")


def cell_html(row: Mapping[str, object], column: Column) -> str:
    """One cell as safe HTML: formatted, escaped, in its own direction.

    Parameters
    ----------
    row : mapping
        Column name -> value.
    column : Column
        How to show it.

    Examples
    --------
    >>> cell_html({"r": 0.59, "lo": 0.52, "hi": 0.66}, Column("r", "Qualified", "share", "lo", "hi"))
    '59 % (52–66)'
    >>> cell_html({"r": 0.59, "r_low": 0.5, "r_high": 0.7, "r_range": "indicative range"},
    ...     Column("r", "Qualified", "share", "r_low", "r_high"))
    '59 % (≈ 50–70)'
    >>> cell_html({"r": 0.3, "lo": 0.0, "hi": 0.79}, Column("r", "Qualified", "share", "lo", "hi"))
    '30 % (–)'
    >>> cell_html({"project_name": "<script>"}, Column("project_name", "Project"))
    '&lt;script&gt;'
    """
    value = row[column.name]
    if column.instead is not None and isinstance(row[column.instead], str) and row[column.instead]:
        return escape(row[column.instead])
    if column.unit == SPARKLINE:
        return sparkline(value if isinstance(value, Sequence) else list(value)) or formats.NOTHING
    if column.unit == DATE:
        return _day(value).replace(" ", "\u00a0")
    if column.is_number:
        text = escape(_number(row, column))
    elif value is None or pd.isna(value) or value == "":
        return formats.NOTHING
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    elif column.unit == VERDICT:
        text = verdict_mark(str(value))
    elif column.unit == STATUS:
        text = escape(formats.format_status(str(value)))
    else:
        address = row[column.link] if column.link else None
        text = link(address, str(value)) if isinstance(address, str) else escape_name(value)
    if column.n is not None and not formats.is_missing(row[column.n]) and row[column.n] > 0:
        text += f" <small>n {formats.format_count(row[column.n])}</small>"
    return text
