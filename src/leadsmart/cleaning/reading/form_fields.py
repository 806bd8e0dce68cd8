"""Which columns of leads are answers of the form: those that ``form_fields`` of a market or of ``mapping.yml`` declares."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from leadsmart.cleaning.mapping.model import MAPPING_FILE, ExportMapping
from leadsmart.cleaning.parsing.headers import FORM_PREFIX, form_column
from leadsmart.cleaning.reading.slices import Slices
from leadsmart.errors import InputError
from leadsmart.params import Params
from leadsmart.vocabulary import EXPORT_FILES, LEADS

RULE: Final = "personal_data"


def mapped_form_fields(mapping: ExportMapping) -> list[str]:
    """Columns that a mapping declares, those of single files among them."""
    named = [form_column(name) for name in mapping.form_fields]
    of_files = [f"{FORM_PREFIX}{name}" for entry in mapping.tables for name in entry.form_fields]
    return list(dict.fromkeys([*named, *of_files]))


def declared_columns(slices: Slices, params: Params) -> frozenset[str]:
    """Columns of leads that are answers of the form, by the mapping beside the data or by the market's parameters."""
    return frozenset([*slices.form_fields, *map(form_column, params.form_fields)])


def undeclared_columns(slices: Slices, params: Params) -> list[Mapping[str, Any]]:
    """Columns of leads that nothing reads, see `LeadColumn`."""
    declared = declared_columns(slices, params)
    return [column for column in slices.lead_columns if column["column"] not in declared]


def find_personal_fields(slices: Slices, params: Params) -> list[InputError]:
    """Declared form fields whose values look like people, unless somebody said that they are safe.

    Parameters
    ----------
    slices : Slices
    params : Params

    Returns
    -------
    list of InputError
        One per field.
    """
    safe = {*slices.safe_form_fields, *map(form_column, params.safe_form_fields)}
    declared = declared_columns(slices, params) - safe
    return [
        InputError(
            f"a form field holds {column['people']}",
            rule=RULE,
            file=column["file"],
            column=column["header"],
            count=column["people_rows"],
            remedy="Take it out of form_fields; if it is about no person, name it in safe_form_fields, too",
        )
        for column in slices.lead_columns
        if column["column"] in declared and column["people"]
    ]


def describe_form_fields(slices: Slices, params: Iterable[Params]) -> list[str]:
    """Lines for the terminal: columns of leads that no market reads, and declared ones that no file has."""
    every = list(params)
    unread = [
        c for c in slices.lead_columns if not any(c["column"] in declared_columns(slices, p) for p in every)
    ]
    known = {column["column"] for column in slices.lead_columns}
    absent = sorted({c.removeprefix(FORM_PREFIX) for p in every for c in declared_columns(slices, p) - known})
    lines = []
    if unread:
        named = list(dict.fromkeys(column["header"] for column in unread))
        lines.append(
            f"{unread[0]['file']} as {EXPORT_FILES[LEADS]}: {len(named)} {'column is' if len(named) == 1 else 'columns are'} "
            f"read by nothing: {', '.join(named)}. Declare answers of the form as form_fields in {MAPPING_FILE} or in the parameters."
        )
    if absent:
        lines.append(f"form_fields declares what no file of leads has: {', '.join(absent)}.")
    return lines
