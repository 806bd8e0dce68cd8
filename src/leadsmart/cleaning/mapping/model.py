"""What ``mapping.yml`` says: how the files of another system become the tables of an export.

Every text is kept as it is written, so that an id ``0102`` or a status ``no`` is never taken for something else.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from leadsmart.cleaning.parsing.columns import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from leadsmart.errors import InputError, InputProblems
from leadsmart.vocabulary import (
    AD_PERFORMANCE,
    CAMPAIGNS,
    EXPORT_FILES,
    LEADS,
    MARKET_LOOKUP,
    STATUS_EVENTS,
)
from leadsmart.yaml_text import find_place, quote_remedy, read_yaml

MAPPING_FILE: Final = "mapping.yml"
#: Stands for a value that only a person knows; nothing runs while it is there.
OPEN_QUESTION: Final = "?"
#: Name of a campaign, by which rows without an id find theirs; a column of no export table.
CAMPAIGN_NAME: Final = "campaign_name"

#: File stem as in ``table:`` -> table of the vocabulary.
TABLES_BY_STEM: Final = {stem: table for table, stem in EXPORT_FILES.items()} | {MARKET_LOOKUP: MARKET_LOOKUP}

#: Columns without which no row of a table means anything; others of the export may be missing and are empty then.
INDISPENSABLE: Final[dict[str, tuple[str, ...]]] = {
    CAMPAIGNS: ("id",),
    AD_PERFORMANCE: ("ad_set_id", "campaign_id", "spend", "created_at"),
    LEADS: ("id", "campaign_id", "added_date"),
    STATUS_EVENTS: ("lead_id", "status", "created_at"),
    MARKET_LOOKUP: ("project_name", "market"),
}
ID_COLUMNS: Final = frozenset({"id", "campaign_id", "ad_set_id", "lead_id", "user_id"})
DATE_COLUMNS: Final = frozenset({"start_time", "stop_time", "created_at", "added_date"})
NUMBER_COLUMNS: Final = frozenset({"daily_budget", "reach", "spend", "clicks", "impressions"})
STATUS_COLUMNS: Final = frozenset({"lead_status", "status"})

_REMEDY: Final = "See docs/bring-your-own-export.qmd, or let `leadsmart map` propose a mapping"


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _column_source(value: object) -> object:
    return {"header": value} if isinstance(value, str | list | tuple) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_several)]
FormName = Annotated[str, Field(pattern=r"^[^\W\d]\w*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnSource(_Part):
    """Where the values of a column come from.

    Attributes
    ----------
    header : tuple of str
        Headers of the file; the texts of several are joined by a blank, as first and last name are.
    separator, part : str, int
        Only this part of the text, such as the first of "Project | Leads | May".
    contains : dict
        Word in the text -> value, such as {New Cairo: new-cairo}; empty where no word is in it.
    """

    header: Texts
    separator: str | None = None
    part: Annotated[int, Field(ge=1)] = 1
    contains: dict[str, str] = {}


class Join(_Part):
    """How rows without a campaign's id find their campaign.

    Attributes
    ----------
    header : str
        Holds the campaign's name.
    several : {"refuse", "running"}
        What happens where campaigns share a name: nothing runs, or the row goes to the one that ran on its day and
        started last.
    """

    header: str
    several: Literal["refuse", "running"] = "refuse"


class TotalLines(_Part):
    """Lines of totals among the rows.

    Attributes
    ----------
    starts_with : tuple of str
        Beginning of the line's first text, in any case.
    empty : tuple of str
        Headers; a line in which all of these are empty is a total.
    """

    starts_with: Texts = ()
    empty: Texts = ()


class TableMapping(_Part):
    """How files of one form feed one table of the export.

    Attributes
    ----------
    file : str
        Name of the files in the export's folder; ``*`` and ``?`` stand for what changes.
    table : str
        ``campaigns``, ``insights``, ``campaign_leads``, ``lead_status_changes`` or ``project_markets``.
    sheet, encoding, delimiter : str or None
        Found in the file where they are not stated; the first sheet of a workbook.
    title_lines : int
        Lines above the header.
    footer_lines : int
        At most so many lines at the end that are no rows are passed over.
    total_lines : TotalLines
    only : dict
        Header -> values; other rows speak of something else, as other properties in a history do.
    columns : dict
        Column of the export -> where its values come from.
    constants : dict
        Column of the export -> the value of all rows.
    joins : dict
        ``campaign_id`` -> the header with the campaign's name.
    id_prefixes : tuple of str
        Taken off ids and phones, such as ``l:``.
    form_fields : dict
        Answer of the form -> header.
    statuses : dict
        As in `ExportMapping`, for these files alone.
    date_order : {"ymd", "dmy", "mdy"} or None
        None where the columns prove it.
    decimal_comma : bool or None
        None where the columns prove it.
    currency : str or None
        Of all money in the file.
    currency_header : str or None
        Every row of it has to state `currency`.
    """

    file: Annotated[str, Field(min_length=1)]
    table: Literal["campaigns", "insights", "campaign_leads", "lead_status_changes", "project_markets"]
    sheet: str | None = None
    encoding: str | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    title_lines: Annotated[int, Field(ge=0)] = 0
    footer_lines: Annotated[int, Field(ge=0)] = 0
    total_lines: TotalLines = TotalLines()
    only: dict[str, Texts] = {}
    columns: dict[str, Annotated[ColumnSource, BeforeValidator(_column_source)]] = {}
    constants: dict[str, str] = {}
    joins: dict[Literal["campaign_id"], Annotated[Join, BeforeValidator(_column_source)]] = {}
    id_prefixes: Texts = ()
    form_fields: dict[FormName, str] = {}
    statuses: dict[str, str] = {}
    date_order: Literal["ymd", "dmy", "mdy"] | None = None
    decimal_comma: bool | None = None
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3}|\?)$")] | None = None
    currency_header: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "TableMapping":
        known = (*self.known_columns, CAMPAIGN_NAME)
        given = [*self.columns, *self.constants, *self.joins]
        for column in given:
            if column not in known:
                close = difflib.get_close_matches(column, known, n=1, cutoff=0.5)
                hint = f"did you mean {close[0]}" if close else f"columns are {', '.join(self.known_columns)}"
                raise ValueError(f"the table {self.table} has no column {column!r}; {hint}")
            if given.count(column) > 1:
                raise ValueError(
                    f"column {column!r} is given twice; keep one of columns, constants and joins"
                )
        missing = [column for column in INDISPENSABLE[self.target] if column not in given]
        if missing:
            raise ValueError(f"nothing is said to be the column {', '.join(missing)} of {self.table}")
        if self.form_fields and self.target != LEADS:
            raise ValueError("only campaign_leads has form_fields")
        if self.currency_header and self.currency is None:
            raise ValueError("currency_header needs currency: the one that all rows should state")
        return self

    @property
    def target(self) -> str:
        """The table of the vocabulary."""
        return TABLES_BY_STEM[self.table]

    @property
    def known_columns(self) -> tuple[str, ...]:
        """Columns that the table may have."""
        return (*REQUIRED_COLUMNS[self.target], *OPTIONAL_COLUMNS[self.target])

    @property
    def filled_columns(self) -> tuple[str, ...]:
        """Columns that the rows get: the table's own, empty where nothing is said of them, and form fields."""
        given = {*self.columns, *self.constants, *self.joins}
        own = [c for c in self.known_columns if c in REQUIRED_COLUMNS[self.target] or c in given]
        return (*own, *(f"form_{name}" for name in self.form_fields))

    @property
    def headers(self) -> tuple[str, ...]:
        """Headers that the file must have."""
        named = [header for source in self.columns.values() for header in source.header]
        named += [*self.form_fields.values(), *self.only, *self.total_lines.empty]
        named += [join.header for join in self.joins.values()]
        named += [self.currency_header] if self.currency_header else []
        return tuple(dict.fromkeys(named))


class ExportMapping(_Part):
    """A whole ``mapping.yml``.

    Attributes
    ----------
    tables : tuple of TableMapping
    statuses : dict
        Status as another system writes it -> one of ours.
    form_fields : tuple of str
        Answers of the form in files that need no mapping, as their headers name them.
    safe_form_fields : tuple of str
        Those that hold no person, although their values look like people.
    confirm : tuple of str
        What `leadsmart map` was unsure of; nothing runs while there is any.
    """

    tables: tuple[TableMapping, ...] = ()
    statuses: dict[str, str] = {}
    form_fields: Texts = ()
    safe_form_fields: Texts = ()
    confirm: Texts = ()

    @property
    def open_questions(self) -> tuple[str, ...]:
        """What a person has to look at, or to fill in, before anything runs."""
        found = list(self.confirm)
        for i, entry in enumerate(self.tables):
            place = f"tables.{i} ({entry.file} as {entry.table})"
            found += [
                f"{place}: constants.{column} is to be filled in"
                for column, value in entry.constants.items()
                if value.strip() == OPEN_QUESTION
            ]
            if entry.currency == OPEN_QUESTION:
                found.append(f"{place}: currency is to be filled in")
        found += [f"statuses.{w} is to be filled in" for w, s in self.statuses.items() if s == OPEN_QUESTION]
        return tuple(found)


def read_mapping(path: Path) -> ExportMapping:
    """Read a mapping, confirmed or not.

    Parameters
    ----------
    path : Path

    Returns
    -------
    ExportMapping

    Raises
    ------
    InputError
        If the file can't be read or is no YAML of `name: value`.
    InputProblems
        With every mistake in it: key, what is wrong, what to do.
    """
    values = read_yaml(path, InputError)
    if not isinstance(values, dict):
        raise InputError("expected lines of `name: value`", remedy=_REMEDY, file=path.name)
    try:
        return ExportMapping(**_without_empty(values))
    except ValidationError as error:
        raise InputProblems([_problem(detail, path) for detail in error.errors()]) from error


def load_mapping(path: Path) -> ExportMapping:
    """Read a mapping that is to be applied.

    Parameters
    ----------
    path : Path

    Returns
    -------
    ExportMapping

    Raises
    ------
    InputError
        As `read_mapping`.
    InputProblems
        As `read_mapping`, and where something is not confirmed.
    """
    mapping = read_mapping(path)
    questions = mapping.open_questions
    if questions:
        raise InputProblems(
            [
                InputError(
                    f"to be confirmed: {question}",
                    remedy="Look at it, and delete its line",
                    file=path.name,
                )
                for question in questions
            ]
        )
    return mapping


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out keys with nothing behind them, such as a list of which all lines were deleted."""
    return {key: value for key, value in values.items() if value is not None}


def _problem(detail: Mapping[str, Any], path: Path) -> InputError:
    file = find_place(path, detail["loc"])
    key = ".".join(str(part) for part in detail["loc"])
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    if detail["type"] == "extra_forbidden":
        names = _field_names(detail["loc"])
        close = difflib.get_close_matches(last, names, n=1, cutoff=0.5)
        remedy = f"Did you mean {close[0]}?" if close else f"Keys here are {', '.join(names)}"
        return InputError(f"unknown key {key!r}", remedy=remedy, file=file)
    if detail["type"] == "missing":
        return InputError(f"key {key!r} is missing", remedy=f"Add a line `{last}: …`", file=file)
    value = detail["input"]
    reason = re.sub(r"^(Value error, |Input should be )", "", detail["msg"])
    expected = f"expected {reason}" if detail["msg"].startswith("Input should be ") else reason
    return InputError(
        f"key {key!r}: {expected}",
        remedy=quote_remedy(detail, _REMEDY),
        file=file,
        examples=[value] if isinstance(value, str) else [],
    )


def _field_names(location: Iterable[object]) -> list[str]:
    """Keys that are known where an unknown one stands."""
    parts = [part for part in location if not isinstance(part, int)]
    within: dict[str, type[BaseModel]] = {"total_lines": TotalLines, "columns": ColumnSource, "joins": Join}
    model: type[BaseModel] = ExportMapping if len(parts) == 1 else TableMapping
    for part in parts[1:-1]:
        model = within.get(str(part), model)
    return list(model.model_fields)
