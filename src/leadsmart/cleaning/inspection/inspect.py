"""What whole columns and tables of an export show before any row is cleaned: refused, or noted for the reader.

Cleaning looks at one market's rows; units, formats, grain and keys can only be judged by the column of a file.
"""

from collections.abc import Callable, Mapping
from typing import Final

import duckdb

from leadsmart.cleaning.inspection.date_formats import inspect_dates
from leadsmart.cleaning.inspection.delivery_rows import prepare_delivery
from leadsmart.cleaning.inspection.event_times import inspect_event_times
from leadsmart.cleaning.inspection.grain import inspect_coarser_rows, inspect_finer_rows
from leadsmart.cleaning.inspection.ids import inspect_ids
from leadsmart.cleaning.inspection.number_formats import inspect_numbers
from leadsmart.cleaning.inspection.refunds import note_refunds
from leadsmart.cleaning.inspection.statuses import (
    note_missing_history,
    note_unkept_statuses,
    note_unknown_statuses,
)
from leadsmart.cleaning.inspection.totals import find_totals
from leadsmart.cleaning.inspection.units import inspect_currencies, inspect_scales
from leadsmart.errors import LeadSmartError
from leadsmart.params import Params

#: Looks at staged or sliced tables, adds notes (`add_note`) and returns what must be mended before anything runs.
Inspection = Callable[[duckdb.DuckDBPyConnection, Mapping[str, Params]], list[LeadSmartError]]

#: Of the tables as they were staged.
TABLE_INSPECTIONS: Final[tuple[Inspection, ...]] = (
    note_missing_history,
    inspect_ids,
    note_unknown_statuses,
    note_unkept_statuses,
)
#: Of the tables by market, see `assign_markets`.
SLICE_INSPECTIONS: Final[tuple[Inspection, ...]] = (
    inspect_numbers,
    note_refunds,
    inspect_dates,
    prepare_delivery,
    find_totals,
    inspect_finer_rows,
    inspect_scales,
    inspect_coarser_rows,
    inspect_currencies,
    inspect_event_times,
)


def inspect_tables(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Look at the staged tables of an export.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the staged tables and the table of notes.
    params : mapping
        Market -> its parameters.

    Returns
    -------
    list of LeadSmartError
        What must be mended; empty where all is well.
    """
    return [problem for inspect in TABLE_INSPECTIONS for problem in inspect(connection, params)]


def inspect_slices(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Look at the tables of an export once it is known which market each row belongs to.

    Parameters
    ----------
    connection, params
        See `inspect_tables`; the connection has the sliced tables, too.

    Returns
    -------
    list of LeadSmartError
        What must be mended; empty where all is well.
    """
    return [problem for inspect in SLICE_INSPECTIONS for problem in inspect(connection, params)]
