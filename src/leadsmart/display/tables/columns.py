"""Columns: how a value of a table is named, formatted and aligned on screen."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias

import pandas as pd

from leadsmart import formats
from leadsmart.display.markup import isolate_name, link, mark_verdict
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
#: Before the bounds of an indicative range, and in place of the bounds of one too wide to say anything.
INDICATIVE_MARK: Final = "≈"
TOO_WIDE_MARK: Final = f"({formats.NOTHING})"
#: A share whose range is wider tells a reader nothing; 60 points.
WIDEST_SHARE: Final = 0.6
_NO_CURRENCY: Final = "¤"

#: One row of a table: column -> value.
Row: TypeAlias = Mapping[Hashable, Any]


class Cell(NamedTuple):
    """A cell on screen: its text, or markup; the count that it rests on; for a number, the value to sort it by."""

    text: str
    n: str
    is_number: bool
    sort_value: str


@dataclass(frozen=True)
class Column:
    """One column on screen.

    Attributes
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

    @cached_property
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

    def head(self, currency: str = "") -> str:
        """Head of the column with the unit of money.

        >>> Column("cpl", "CPL", "money").head("EGP")
        'CPL (EGP)'
        """
        has_unit = self.unit == UNIT_MONEY and currency and not self.currency
        return f"{self.label} ({currency})" if has_unit else self.label

    def cell(self, row: Row) -> Cell:
        """What stands in the row's cell."""
        value = row[self.name]
        words = row[self.instead] if self.instead else None
        if isinstance(words, str) and words:
            return Cell(words, "", self.is_number, "")
        n = row[self.n] if self.n else None
        return Cell(
            self.text(row),
            formats.format_count(n) if formats.is_known(n) and n > 0 else "",
            self.is_number,
            f"{float(value):.7g}" if self.is_number and formats.is_known(value) else "",
        )

    def text(self, row: Row) -> str:
        """The row's value as readers see it, as text or as markup.

        >>> Column("r", "Qualified", "share", "lo", "hi").text({"r": 0.59, "lo": 0.52, "hi": 0.66})
        '59 % (52–66)'
        >>> row = {"r": 0.59, "r_low": 0.5, "r_high": 0.7, "r_range": "indicative range"}
        >>> Column("r", "Qualified", "share", "r_low", "r_high").text(row)
        '59 % (≈ 50–70)'
        >>> Column("r", "Qualified", "share", "lo", "hi").text({"r": 0.3, "lo": 0.0, "hi": 0.79})
        '30 % (–)'
        """
        value = row[self.name]
        if self.unit == SPARKLINE:
            return sparkline(list(value)) or formats.NOTHING
        if self.is_number:
            return self._number(row)
        if pd.isna(value) or value == "":
            return formats.NOTHING
        if self.unit == DATE:
            return formats.format_date(value).replace(" ", "\u00a0")
        if self.unit == VERDICT:
            return mark_verdict(value)
        if self.unit == STATUS:
            return formats.format_status(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return link(row[self.link], str(value)) if self.link else isolate_name(str(value))

    def _number(self, row: Row) -> str:
        value = row[self.name]
        if self.unit == DELTA:
            return formats.format_change(value)
        if self.unit == UNIT_COUNT and self.low is None:
            return formats.format_count(value)
        low = row[self.low] if self.low else None
        high = row[self.high] if self.high else None
        if self.unit == UNIT_SHARE and _is_too_wide(low, high) and formats.is_known(value):
            return f"{formats.format_percent(value)} {TOO_WIDE_MARK}"
        range_label = row.get(self.low.removesuffix("_low") + "_range") if self.low else None
        mark = INDICATIVE_MARK if range_label == RANGE_INDICATIVE else ""
        currency = str(row[self.currency]) if self.currency else _NO_CURRENCY
        text = formats.format_interval(value, low, high, self.unit, currency, mark)
        # without a column of its own, the currency stands once, in the head of the column
        return text.removeprefix(f"{_NO_CURRENCY} ")


def _is_too_wide(low: float | None, high: float | None) -> bool:
    """Whether a share's range is too wide to say anything.

    A relative difference, whose range goes below 0 or beyond 1, is no share.

    >>> [_is_too_wide(low, 0.79) for low in (0.0, 0.2, -0.1, None)]
    [True, False, False, False]
    """
    if not formats.is_known(low) or not formats.is_known(high):
        return False
    return 0 <= low <= high <= 1 and high - low > WIDEST_SHARE


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

    Parameters
    ----------
    table : DataFrame
        What is to be shown.
    columns : sequence of Column
        How.
    title : str
        Names the table in the error.

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
