"""Prove the decimal mark of every column of numbers, by the column itself or by what stands beside it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.inspection.columns import (
    PLAIN_NUMBER,
    Column,
    number_columns,
    pick,
    report_unreadable,
    show_values,
)
from leadsmart.cleaning.parsing.file_formats import (
    NUMBER_COLUMNS,
    ColumnFormat,
    FileFormats,
    add_format,
    list_formats,
)
from leadsmart.cleaning.parsing.notes import Note, add_note
from leadsmart.cleaning.parsing.raw_rows import FILE, sliced
from leadsmart.cleaning.parsing.sql import quote_text
from leadsmart.cleaning.values.numbers import decimal_mark, parse_number
from leadsmart.errors import InputError, LeadSmartError
from leadsmart.params import Params

#: Counts of people and events, which are whole numbers.
COUNT_COLUMNS: Final = ("reach", "impressions", "clicks")
#: A reading of open numbers that lies nearer to the column's other numbers by this factor is the right one.
_NEARER: Final = 30
_MARKS: Final = {True: "decimal comma", False: "decimal point"}
_REMEDY: Final = "Look whether the fields of the file are shifted, and export it again"


@dataclass(frozen=True)
class _Marks:
    """What the cells of a column show, as numbers of cells by mark, and texts for examples."""

    column: Column
    counts: Mapping[str, int]
    texts: Mapping[str, list[str]]

    def __getitem__(self, mark: str) -> int:
        return self.counts.get(mark, 0)

    @property
    def is_open(self) -> bool:
        return bool(self["open comma"] or self["open point"])

    @property
    def open_texts(self) -> list[str]:
        return [*self.texts.get("open comma", []), *self.texts.get("open point", [])]

    @property
    def proven(self) -> bool | None:
        """Whether the decimal mark is a comma; None where the column shows both, or none."""
        return bool(self["comma"]) if bool(self["comma"]) != bool(self["point"]) else None


def inspect_numbers(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Find the decimal mark of each file's columns; see `inspect.Inspection`.

    A number such as 1.472 can be read in two ways. The other cells of its column decide; then that counts are whole
    numbers, the other columns of the file, the size of the column's other numbers, and the other files of the export.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the sliced tables.
    params : mapping
        Market -> its parameters; ``decimal_comma`` wins over what a column shows, and is held against it.

    Returns
    -------
    list of LeadSmartError
        Columns that can't be read, contradict what is stated, or can be read in two ways.
    """
    problems: list[LeadSmartError] = []
    stated = list_formats(connection)
    found = []
    for table, columns in NUMBER_COLUMNS.items():
        for name in columns:
            for column in number_columns(connection, table, name):
                problems += report_unreadable(connection, column, _unreadable(column), "numbers", _REMEDY)
                problems += _contradictions(column, params, stated)
                found.append(_marks(column, params, stated))
    proven = {(m.column.table, m.column.file, m.column.name): m.proven for m in found}
    for marks in found:
        problems += _decide(connection, marks, proven)
    return problems


def _marks(column: Column, params: Mapping[str, Params], stated: FileFormats) -> _Marks:
    """The marks of the cells for which nothing is stated."""
    if stated.of(column.table, column.file, column.name, None).decimal_comma is not None:
        return _Marks(column, {}, {})
    settled = [market for market, own in params.items() if own.decimal_comma != "auto"]
    cells = column.cells[~column.cells["market"].isin(settled)]
    marks = cells["text"].map(decimal_mark)
    counts = {str(mark): int(n) for mark, n in cells.groupby(marks)["n"].sum().items()}
    counts["point"] = counts.get("point", 0) + column.plain["point"]
    return _Marks(column, counts, {mark: list(cells.loc[marks == mark, "text"]) for mark in counts})


def _unreadable(column: Column) -> pd.DataFrame:
    numbers = [parse_number(text) for text in column.cells["text"]]
    return pick(column.cells, [number is not None and math.isnan(number) for number in numbers])


def _contradictions(
    column: Column, params: Mapping[str, Params], stated: FileFormats
) -> list[LeadSmartError]:
    own = stated.of(column.table, column.file, column.name, None)
    marks = column.cells["text"].map(decimal_mark)
    problems: list[LeadSmartError] = []
    for comma in (True, False):
        markets = [market for market, other in params.items() if other.decimal_comma is comma]
        where = column.cells["market"].isin(markets)
        if own.decimal_comma is not None:
            where = pd.Series(own.decimal_comma is comma, index=column.cells.index)
        if not where.any():
            continue
        cells = column.cells[where & marks.eq("point" if comma else "comma")]
        if cells.empty:
            continue
        source = "mapping.yml" if own.decimal_comma is not None else f"params of {', '.join(markets)}"
        problems.append(
            InputError(
                f"decimal_comma is {str(comma).lower()} ({source}), but its numbers have a {_MARKS[not comma]}",
                remedy="Leave it out, so that the column decides, or mend these cells",
                file=column.file,
                rule="decimal_comma",
                column=column.name,
                count=int(cells["n"].sum()),
                examples=show_values(cells["text"]),
            )
        )
    return problems


def _decide(
    connection: duckdb.DuckDBPyConnection,
    marks: _Marks,
    proven: Mapping[tuple[str, str, str], bool | None],
) -> list[LeadSmartError]:
    column = marks.column
    if not marks.is_open:
        return []
    if marks["comma"] and marks["point"]:
        examples = [*marks.texts["comma"][:1], *marks.texts.get("point", [])[:1], *marks.open_texts]
        return [
            _two_ways(
                marks, "some of the column's numbers have a decimal comma, others a decimal point", examples
            )
        ]
    comma, reason = marks.proven, ""
    if comma is None:
        comma, reason = _by_evidence(connection, marks, proven)
    if comma is None:
        return [_two_ways(marks, "nothing in the export shows which", marks.open_texts)]
    add_format(connection, ColumnFormat(column.table, column.file, column.name, decimal_comma=comma))
    if reason:
        example = marks.open_texts[0]
        number = parse_number(example, comma)
        count = marks["open comma"] + marks["open point"]
        text = f"{count:,} numbers of {column.name} such as {show_values([example])[0]} are read as {number:g}: {reason}"
        add_note(connection, Note(column.file, column.table, "number format", count, text))
    return []


def _by_evidence(
    connection: duckdb.DuckDBPyConnection,
    marks: _Marks,
    proven: Mapping[tuple[str, str, str], bool | None],
) -> tuple[bool | None, str]:
    """Whether the decimal mark is a comma, and what shows it."""
    column, texts = marks.column, marks.open_texts
    is_one_mark = not (marks["open comma"] and marks["open point"])
    is_comma_mark = bool(marks["open comma"])
    if column.name in COUNT_COLUMNS and is_one_mark:
        if len(texts) > 3 and all(text.rstrip().endswith("000") for text in texts):
            return is_comma_mark, "all end in 000, which are decimals"
        return not is_comma_mark, "counts are whole numbers"
    in_file = {
        comma
        for (table, file, _), comma in proven.items()
        if (table, file) == (column.table, column.file) and comma is not None
    }
    if len(in_file) == 1:
        comma = in_file.pop()
        return comma, f"other columns of the file have a {_MARKS[comma]}"
    if is_one_mark and (sized := _by_size(connection, column, texts)) is not None:
        return sized, "that is the size of the column's other numbers"
    elsewhere = {comma for comma in proven.values() if comma is not None}
    if len(elsewhere) == 1:
        comma = elsewhere.pop()
        return comma, f"other files of the export have a {_MARKS[comma]}"
    return None, ""


def _by_size(connection: duckdb.DuckDBPyConnection, column: Column, texts: list[str]) -> bool | None:
    """Which reading of open numbers is of the size of the column's plain numbers."""
    [(usual,)] = connection.execute(
        f"SELECT median(try_cast({column.name} AS DOUBLE)) FROM {sliced(column.table)} WHERE {FILE} = ? "
        f"AND regexp_full_match({column.name}, {quote_text(PLAIN_NUMBER)}) AND try_cast({column.name} AS DOUBLE) > 0",
        [column.file],
    ).fetchall()
    typical = {comma: pd.Series([parse_number(text, comma) for text in texts]).median() for comma in _MARKS}
    if not usual or min(typical.values()) <= 0:
        return None
    distance = {comma: abs(math.log(size / usual)) for comma, size in typical.items()}
    nearer = min(_MARKS, key=lambda comma: distance[comma])
    return nearer if distance[not nearer] - distance[nearer] > math.log(_NEARER) else None


def _two_ways(marks: _Marks, reason: str, examples: list[str]) -> InputError:
    return InputError(
        f"numbers can be read in two ways, with a decimal comma or a decimal point; {reason}",
        remedy="Set decimal_comma in the market's file to true or false, or export numbers without thousands separators",
        file=marks.column.file,
        rule="decimal_comma",
        column=marks.column.name,
        count=marks["open comma"] + marks["open point"],
        examples=show_values(examples),
    )
