"""Known errors of a source, corrected by a reviewed file instead of by code."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from leadsmart.cleaning.parsing.raw_rows import FILE, LINE
from leadsmart.cleaning.reading.slice_rows import read_rows
from leadsmart.cleaning.reading.slices import Slices
from leadsmart.cleaning.values.texts import clean_text, map_distinct
from leadsmart.errors import InputError, ParameterError
from leadsmart.params import CORRECTIONS_FILE
from leadsmart.vocabulary import REQUIRED_EXPORT_COLUMNS
from leadsmart.yaml_text import find_place, find_yaml, quote_remedy, read_yaml

_EXAMPLE: Final = "See the example in it"
#: Rows are identified by more than values: where they stand.
_PLACES: Final = {"file": FILE, "line": LINE}
#: Contacts have no place in a reviewed file.
_CONTACTS: Final = frozenset({"name", "email", "phone", "message"})
#: These decide the slice before corrections are made.
_DECIDES_SLICE: Final = frozenset({"id", "campaign_id", "lead_id", "ad_set_id", "project_name", "market"})


class Correction(BaseModel):
    """One entry of the reviewed file.

    ``match`` names columns of the export (or ``file`` and ``line``) with the values that rows have,
    ``change`` columns with the value they should have, ``expected`` how many rows of the export match.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: Literal["campaigns", "ad_performance", "leads", "status_events"]
    match: Annotated[dict[str, str], Field(min_length=1)]
    change: Annotated[dict[str, str | None], Field(min_length=1)]
    reason: Annotated[str, Field(min_length=10)]
    expected: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _check_columns(self) -> "Correction":
        known = {*REQUIRED_EXPORT_COLUMNS[self.table], "channel", "form_variant"}
        if not self.match.get("line", "1").isdecimal():
            raise ValueError("line has to be a whole number")
        for column in (*self.match, *self.change):
            if column in _CONTACTS:
                raise ParameterError(
                    "a correction must not hold contacts",
                    remedy="Match by id, or by file and line",
                    file=CORRECTIONS_FILE,
                    column=column,
                )
            if column not in known and column not in _PLACES:
                remedy = f"Known are {', '.join(sorted(known))}"
                raise ParameterError(
                    f"table {self.table} has no such column",
                    remedy=remedy,
                    file=CORRECTIONS_FILE,
                    column=column,
                )
            if column in self.change and (column in _DECIDES_SLICE or column in _PLACES):
                raise ParameterError(
                    "this column decides where a row belongs and can't be corrected here",
                    remedy="Correct it in the export, or a project's market in project_markets.csv",
                    file=CORRECTIONS_FILE,
                    column=column,
                )
        return self

    def matches(self, rows: pd.DataFrame) -> pd.Series:
        """Rows of the correction's table that it changes, as bool."""
        found = pd.Series(True, index=rows.index)
        for name, value in self.match.items():
            column = _PLACES.get(name, name)
            if column not in rows:
                return found & False
            if column == LINE:
                found &= rows[column].eq(int(value))
            else:
                found &= map_distinct(rows[column], clean_text).eq(value).astype(bool)
        return found


def read_corrections(params_dir: Path) -> tuple[Correction, ...]:
    """Read ``_corrections.yml``; no file means no corrections.

    Parameters
    ----------
    params_dir : Path

    Returns
    -------
    tuple of Correction

    Raises
    ------
    ParameterError
        If an entry is incomplete, names an unknown column or one that can't be corrected here.
    """
    path = find_yaml(params_dir, Path(CORRECTIONS_FILE).stem, ParameterError)
    entries = [] if path is None else read_yaml(path, ParameterError) or []
    if not isinstance(entries, list):
        raise ParameterError("expected a list of corrections", remedy=_EXAMPLE, file=CORRECTIONS_FILE)
    try:
        return TypeAdapter(tuple[Correction, ...]).validate_python(entries)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        place = CORRECTIONS_FILE if path is None else find_place(path, first["loc"])
        raise ParameterError(
            f"{where}: {first['msg']}", remedy=quote_remedy(first, _EXAMPLE), file=place
        ) from error


def find_unexpected(slices: Slices, corrections: Sequence[Correction]) -> list[InputError]:
    """Count what each correction matches in the whole export.

    Parameters
    ----------
    slices : Slices
    corrections : sequence of Correction

    Returns
    -------
    list of InputError
        One per correction whose count differs from what it expects.
    """
    found = dict.fromkeys(range(len(corrections)), 0)
    for table in sorted({correction.table for correction in corrections}):
        for market in slices.markets:
            rows = read_rows(slices, table, market)
            for i, correction in enumerate(corrections):
                if correction.table == table:
                    found[i] += int(correction.matches(rows).sum())
    return [
        _unexpected(correction, found[i])
        for i, correction in enumerate(corrections)
        if found[i] != correction.expected
    ]


def _unexpected(correction: Correction, count: int) -> InputError:
    problem = f"a correction expects {correction.expected:,} rows and matches {count:,}"
    remedy = "Look at the rows, then set `expected`"
    if count == 0:
        problem = "a correction matches nothing any more: the source was fixed"
        remedy = "Remove the entry"
    return InputError(
        problem, remedy=remedy, file=CORRECTIONS_FILE, rule="correction", examples=[correction.reason]
    )


def apply_corrections(
    rows: pd.DataFrame, table: str, corrections: Sequence[Correction]
) -> tuple[pd.DataFrame, pd.Series]:
    """Make the corrections of a table.

    Parameters
    ----------
    rows : DataFrame
        Raw rows; not changed.
    table : str
    corrections : sequence of Correction
        Of any table.

    Returns
    -------
    (DataFrame, Series of bool)
        The corrected rows, and which of them were changed.
    """
    is_corrected = pd.Series(False, index=rows.index)
    changed = rows
    for correction in (c for c in corrections if c.table == table):
        mask = correction.matches(rows)
        values = {
            column: changed[column].mask(mask, value)
            for column, value in correction.change.items()
            if column in changed
        }
        changed = changed.assign(**values)
        is_corrected |= mask
    return changed, is_corrected
