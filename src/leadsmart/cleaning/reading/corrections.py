"""Known errors of a source, corrected by a reviewed file instead of by code."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leadsmart.cleaning.reading.raw_rows import FILE, LINE
from leadsmart.cleaning.reading.slices import Slices
from leadsmart.cleaning.values.texts import clean_text, map_distinct
from leadsmart.errors import InputError, ParameterError
from leadsmart.params import CORRECTIONS_FILE
from leadsmart.vocabulary import REQUIRED_EXPORT_COLUMNS

#: Rows are identified by more than values: where they stand.
_PLACES: Final = {"file": FILE, "line": LINE}
#: Contacts have no place in a reviewed file, and these decide the slice before corrections are made.
_FORBIDDEN: Final = frozenset({"name", "email", "phone", "message"})
_FIXED: Final = frozenset({"id", "campaign_id", "lead_id", "ad_set_id", "project_name", "market"})


class Correction(BaseModel):
    """One entry of the reviewed file.

    ``match`` names columns of the export (or ``file`` and ``line``) with the values that rows have,
    ``change`` columns with the value they should have, ``expected`` how many rows of the export match.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: Literal["campaigns", "ad_performance", "leads", "status_events"]
    match: Annotated[dict[str, str | int | float], Field(min_length=1)]
    change: Annotated[dict[str, str | int | float | None], Field(min_length=1)]
    reason: Annotated[str, Field(min_length=10)]
    expected: Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class Corrected:
    """Raw rows after corrections.

    Attributes
    ----------
    rows : DataFrame
    is_corrected : Series of bool
    """

    rows: pd.DataFrame
    is_corrected: pd.Series


def read_corrections(params_dir: Path) -> tuple[Correction, ...]:
    """Read ``_corrections.yml``; no file means no corrections.

    Raises
    ------
    ParameterError
        If an entry is incomplete, names an unknown column or one that can't be corrected here.
    """
    path = params_dir / CORRECTIONS_FILE
    if not path.is_file():
        return ()
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        if not isinstance(entries, list):
            raise ParameterError(
                "expected a list of corrections", remedy="See the example in it", file=path.name
            )
        corrections = tuple(Correction.model_validate(entry) for entry in entries)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ParameterError(
            f"{where}: {first['msg']}", remedy="See the example in it", file=path.name
        ) from error
    except yaml.YAMLError as error:
        raise ParameterError("not valid YAML", remedy="Mend the file", file=path.name) from error
    for correction in corrections:
        _check_columns(correction)
    return corrections


def _check_columns(correction: Correction) -> None:
    known = {*REQUIRED_EXPORT_COLUMNS[correction.table], "channel", "form_variant"}
    for column in (*correction.match, *correction.change):
        if column in _FORBIDDEN:
            raise ParameterError(
                "a correction must not hold contacts", remedy="Match by id, or by file and line",
                file=CORRECTIONS_FILE, column=column,
            )  # fmt: skip
        if column not in known and column not in _PLACES:
            raise ParameterError(
                f"table {correction.table} has no such column", remedy=f"Known are {', '.join(sorted(known))}",
                file=CORRECTIONS_FILE, column=column,
            )  # fmt: skip
    for column in correction.change:
        if column in _FIXED or column in _PLACES:
            raise ParameterError(
                "this column decides where a row belongs and can't be corrected here",
                remedy="Correct it in the export, or a project's market in project_markets.csv",
                file=CORRECTIONS_FILE,
                column=column,
            )


def find_unexpected(slices: Slices, corrections: Sequence[Correction]) -> list[InputError]:
    """Count what each correction matches in the whole export: what differs from what its entry expects."""
    counts = [0] * len(corrections)
    for table in sorted({correction.table for correction in corrections}):
        for market in slices.markets:
            rows = slices.read(table, market)
            for at, correction in enumerate(corrections):
                if correction.table == table:
                    counts[at] += int(_matches(rows, correction).sum())
    return [
        _unexpected(correction, count)
        for correction, count in zip(corrections, counts, strict=True)
        if count != correction.expected
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


def apply_corrections(rows: pd.DataFrame, table: str, corrections: Sequence[Correction]) -> Corrected:
    """Raw rows of a table with what the reviewed file changes."""
    is_corrected = pd.Series(False, index=rows.index)
    changed = rows
    for correction in (c for c in corrections if c.table == table):
        mask = _matches(rows, correction)
        values = {
            column: changed[column].mask(mask, None if value is None else str(value))
            for column, value in correction.change.items()
            if column in changed
        }
        changed = changed.assign(**values)
        is_corrected |= mask
    return Corrected(changed, is_corrected)


def _matches(rows: pd.DataFrame, correction: Correction) -> pd.Series:
    mask = pd.Series(True, index=rows.index)
    for column, value in correction.match.items():
        place = _PLACES.get(column, column)
        if place not in rows:
            return pd.Series(False, index=rows.index)
        if place == LINE:
            mask &= rows[place].eq(int(value))
        else:
            mask &= map_distinct(rows[place], clean_text).eq(str(value)).astype(bool)
    return mask
