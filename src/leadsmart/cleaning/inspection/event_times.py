"""Compare the clocks of two tables: status changes that lie before their leads by the same few hours."""

from collections.abc import Mapping
from typing import Final

import duckdb
import pandas as pd

from leadsmart.cleaning.parsing.file_formats import list_formats, read_moments
from leadsmart.cleaning.parsing.ids import id_of, join_ids
from leadsmart.cleaning.parsing.notes import Note, add_note
from leadsmart.cleaning.parsing.raw_rows import FILE, MARKET_COLUMN, sliced
from leadsmart.cleaning.parsing.sql import fetch_rows
from leadsmart.errors import LeadSmartError
from leadsmart.params import Params
from leadsmart.vocabulary import LEADS, STATUS_EVENTS

#: Of so many leads with a history, so large a share with its first event before the lead is a matter of clocks.
_ENOUGH: Final = 20
_SHARE: Final = 0.2
#: Zones differ by up to so many hours.
_HOURS: Final = 14


def inspect_event_times(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Note status changes that are written in another zone than the leads; see `inspect.Inspection`.

    Parameters
    ----------
    connection : DuckDBPyConnection
        With the sliced tables, whose formats are known.
    params : mapping
        Market -> its parameters.

    Returns
    -------
    list of LeadSmartError
        Always empty.
    """
    lead, event = (id_of(column, "i") for column in ("t.id", "t.lead_id"))
    pairs = (
        f"(SELECT {lead} AS id, any_value({FILE}) AS lead_file, any_value({MARKET_COLUMN}) AS market, "
        f"any_value(added_date) AS added_date FROM {sliced(LEADS)} t {join_ids('t.id', 'i')} GROUP BY 1) "
        f"JOIN (SELECT {event} AS id, any_value({FILE}) AS {FILE}, min(created_at) AS created_at "
        f"FROM {sliced(STATUS_EVENTS)} t {join_ids('t.lead_id', 'i')} GROUP BY 1) USING (id)"
    )
    first = connection.execute(
        f"SELECT {FILE}, lead_file, market, added_date, created_at FROM {pairs} "
        "WHERE added_date[1:10] <> created_at[1:10] OR added_date > created_at ORDER BY ALL"
    ).df()
    total = fetch_rows(connection, f"SELECT count(*) FROM {pairs}")[0][0]
    if total < _ENOUGH or len(first) < _SHARE * total:
        return []
    formats = list_formats(connection)
    parts = []
    for market, rows in first.astype("str").groupby("market"):
        own = params.get(str(market))
        zone = own.timezone if own else "UTC"
        changed = read_moments(rows, STATUS_EVENTS, "created_at", own, formats, zone)["value"]
        leads = rows.assign(**{FILE: rows["lead_file"]})
        arrived = read_moments(leads, LEADS, "added_date", own, formats, zone)["value"]
        parts.append(
            pd.DataFrame({"file": rows[FILE], "hours": (changed - arrived).dt.total_seconds() / 3600})
        )
    for file, rows in pd.concat(parts).groupby("file"):
        early = rows.loc[rows["hours"].between(-_HOURS, 0, inclusive="left"), "hours"]
        if len(early) < max(_ENOUGH, _SHARE * total):
            continue
        # zones differ by quarters of an hour
        offset = float(early.mul(4).round().div(4).mode().iloc[0])
        text = (
            f"{len(early):,} of {total:,} leads with a history have their first status change before they arrived, most "
            f"often by {-offset:g} hours: the changes seem to be written in another zone; set event_timezone, such as UTC"
        )
        add_note(connection, Note(str(file), STATUS_EVENTS, "event zone", len(early), text))
    return []
