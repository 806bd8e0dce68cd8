"""Delivery with negative spend, such as credits and refunds: which figure pages show, and what the other one is."""

from collections.abc import Mapping

import duckdb
import pandas as pd

from leadsmart.cleaning.parsing.file_formats import list_formats, read_numbers
from leadsmart.cleaning.parsing.notes import Note, add_note
from leadsmart.cleaning.parsing.raw_rows import FILE, MARKET_COLUMN, sliced
from leadsmart.cleaning.parsing.sql import fetch_texts
from leadsmart.errors import LeadSmartError
from leadsmart.formats import format_count
from leadsmart.params import Params
from leadsmart.vocabulary import AD_PERFORMANCE, EXPORT_FILES


def note_refunds(connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]) -> list[LeadSmartError]:
    """Note how much the negative spend of each file comes to.

    No day costs less than nothing, so cleaning takes such rows out, and pages show spend before credits. What was paid in
    the end is less by them.

    Parameters
    ----------
    connection, params
        See `inspect_tables`.

    Returns
    -------
    list of LeadSmartError
        None.
    """
    rows = fetch_texts(
        connection,
        f"SELECT {FILE}, {MARKET_COLUMN}, spend FROM {sliced(AD_PERFORMANCE)} WHERE regexp_matches(spend, '[-−(].*[1-9]')",
    )
    formats = list_formats(connection)
    parts = [
        own.assign(
            amount=read_numbers(own, AD_PERFORMANCE, "spend", params.get(str(market)), formats)["value"]
        )
        for market, own in rows.groupby(MARKET_COLUMN)
    ]
    rows = pd.concat(parts) if parts else rows.assign(amount=0.0)
    for file, negative in rows[rows["amount"] < 0].groupby(FILE, sort=True)["amount"]:
        count, total = len(negative), -negative.sum()
        noun = "row has" if count == 1 else "rows have"
        text = (
            f"{format_count(count)} {noun} negative spend, -{total:,.2f} in all: taken out, as no day costs less than "
            f"nothing. Pages show spend before such credits; after them it is {total:,.2f} less"
        )
        add_note(connection, Note(str(file), EXPORT_FILES[AD_PERFORMANCE], "refunds", count, text))
    return []
