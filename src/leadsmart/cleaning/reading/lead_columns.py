"""Columns of leads beyond those that the library knows: which are declared as answers of the form, and which are not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from leadsmart.cleaning.inspection.people import (
    count_values,
    find_people,
    list_given_names,
    sample_leads,
)
from leadsmart.cleaning.mapping.model import TableMapping
from leadsmart.cleaning.mapping.opening import MappedFile, header_key
from leadsmart.cleaning.parsing.headers import FORM_PREFIX, is_form_column, shown_header
from leadsmart.cleaning.parsing.raw_rows import ReadableFile
from leadsmart.params import Params


@dataclass(frozen=True)
class LeadColumn:
    """A column of the files of leads that is none of those with a meaning of their own.

    Attributes
    ----------
    column : str or None
        ``form_<field>``; None where it can't be declared: a header that stands twice, or one that a mapping leaves out.
    header : str
        As exported; ``column 7`` where the header looks like a value.
    file : str
        The first that has it.
    filled, distinct : int or None
        Rows with a value, and distinct values; None where the column was not read at all.
    people : str
        What of people its values show, or nothing.
    people_rows : int
    """

    column: str | None
    header: str
    file: str
    filled: int | None
    distinct: int | None
    people: str
    people_rows: int


def list_lead_columns(
    connection: duckdb.DuckDBPyConnection, files: Sequence[ReadableFile], params: Mapping[str, Params]
) -> list[LeadColumn]:
    """List the columns of the staged leads that are answers of the form, or could be declared as such.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the staged tables.
    files : sequence of ReadableFile
        Of the leads.
    params : mapping
        Market -> its parameters: their regions are those of phones.

    Returns
    -------
    list of LeadColumn
        In the order of the files and of their columns, each once.
    """
    found: dict[object, tuple[str | None, str, str, int]] = {}
    for file in files:
        for column, header, position in _further(file):
            found.setdefault(column or header_key(header), (column, header, file.source.name, position))
    if not found:
        return []
    sample_leads(connection)
    given_names = list_given_names(connection)
    regions = sorted({own.phone_region for own in params.values()})
    listed = []
    for column, header, name, position in found.values():
        shown = shown_header(header, position, given_names)
        if column is None:
            listed.append(LeadColumn(None, shown, name, None, None, "", 0))
            continue
        filled, distinct = count_values(connection, column)
        people = find_people(connection, column, header, given_names, regions)
        kind, rows = (people.kind, people.rows) if people else ("", 0)
        listed.append(LeadColumn(column, shown, name, filled, distinct, kind, rows))
    return listed


def _further(file: ReadableFile) -> list[tuple[str | None, str, int]]:
    """Column, header and position of the fields that are no column with a meaning of its own."""
    if isinstance(file, MappedFile):
        return _left_by_mapping(file.mapping, file.fields)
    return [
        (column, field, i)
        for i, (column, field) in enumerate(zip(file.columns, file.fields, strict=True), start=1)
        if field.strip() and (column is None or is_form_column(column))
    ]


def _left_by_mapping(entry: TableMapping, fields: Sequence[str]) -> list[tuple[str | None, str, int]]:
    form = {header_key(header): f"{FORM_PREFIX}{name}" for name, header in entry.form_fields.items()}
    read = {header_key(header) for header in entry.headers} - set(form)
    keys = [header_key(field) for field in fields]
    return [
        (form.get(key), field, i)
        for i, (key, field) in enumerate(zip(keys, fields, strict=True), start=1)
        if key and key not in read
    ]
