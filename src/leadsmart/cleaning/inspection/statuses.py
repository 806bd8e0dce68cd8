"""What the statuses of an export can't tell: a history that is missing, and words that nobody has explained."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import duckdb

from leadsmart.cleaning.parsing.notes import Note, add_note
from leadsmart.cleaning.parsing.raw_rows import FILE
from leadsmart.cleaning.parsing.sources import table_file
from leadsmart.cleaning.parsing.sql import fetch_rows, quote_text
from leadsmart.cleaning.values.statuses import known_statuses
from leadsmart.cleaning.values.texts import clean_text
from leadsmart.errors import LeadSmartError
from leadsmart.formats import format_count, format_percent
from leadsmart.market_tables import MISSING_HISTORY
from leadsmart.parameter_types import canonical_status
from leadsmart.params import Params
from leadsmart.vocabulary import EXPORT_FILES, LEADS, STATUS_EVENTS, UNTOUCHED_STATUSES

#: From this share of the leads on, statuses without a meaning are said before the report is made.
NOTABLE_SHARE: Final = 0.01
#: In so many of the leads that were worked on an own status that says nothing shows that nobody keeps the column.
MOST_UNKEPT: Final = 0.5
FEWEST_UNKEPT: Final = 5
#: Most statuses that a note lists.
SHOWN: Final = 5
#: Longer texts are no status, and may hold what people wrote.
LONGEST_STATUS: Final = 30


def note_missing_history(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Note that no status change is known, and what can't be told without one.

    Parameters
    ----------
    connection, params
        See `inspect_tables`.

    Returns
    -------
    list of LeadSmartError
        None: figures that need a lead's present status alone stand.
    """
    if not fetch_rows(connection, f"SELECT 1 FROM {STATUS_EVENTS} LIMIT 1"):
        file = table_file(STATUS_EVENTS)
        add_note(connection, _note(file, STATUS_EVENTS, "missing history", 0, MISSING_HISTORY))
    return []


def note_unknown_statuses(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Note which statuses no list of the parameters has, per file of leads.

    Parameters
    ----------
    connection, params
        See `inspect_tables`; an alias of one market is known to all.

    Returns
    -------
    list of LeadSmartError
        None: a market most of whose leads have such a status is not reliable, see `assess_reliability`.
    """
    known = {status for own in params.values() for status in {*known_statuses(own), *own.status_aliases}}
    leads: dict[str, Counter[str]] = {}
    query = f"SELECT {FILE}, lead_status, count(*) FROM {LEADS} GROUP BY ALL ORDER BY ALL"
    for file, written, rows in fetch_rows(connection, query):
        status = canonical_status(clean_text(written or "") or "")
        leads.setdefault(file, Counter())[status if status not in known else ""] += rows
    for file, counted in leads.items():
        total = counted.total()
        unknown = total - counted.pop("", 0)
        if unknown < NOTABLE_SHARE * total:
            continue
        names = [
            f"{status} ({format_count(n)})" for status, n in counted.most_common() if _may_be_shown(status)
        ]
        listed = f": {', '.join(names[:SHOWN])}{' …' if len(names) > SHOWN else ''}" if names else ""
        text = (
            f"{format_count(unknown)} of {format_count(total)} leads ({format_percent(unknown / total)}) have a status "
            f"that no parameter explains{listed}; they count as undecided where the history says no more: say in status_aliases which of ours each is, "
            "such as {WON: QUALIFIED}"
        )
        add_note(connection, _note(file, LEADS, "unknown statuses", unknown, text))
    return []


def note_unkept_statuses(
    connection: duckdb.DuckDBPyConnection, params: Mapping[str, Params]
) -> list[LeadSmartError]:
    """Note that the leads' own statuses don't follow the history, so that the last event says what became of a lead.

    Parameters
    ----------
    connection, params
        See `inspect_tables`.

    Returns
    -------
    list of LeadSmartError
        None: cleaning settles each lead's status, see `settle_statuses`.
    """
    aliases = {alias: status for own in params.values() for alias, status in own.status_aliases.items()}
    query = f"SELECT DISTINCT lead_status FROM {LEADS} UNION SELECT DISTINCT status FROM {STATUS_EVENTS}"
    written = [text for (text,) in fetch_rows(connection, query) if text is not None]
    spelt = {text: canonical_status(clean_text(text) or "UNKNOWN") for text in written}
    silent = [text for text, status in spelt.items() if aliases.get(status, status) in UNTOUCHED_STATUSES]
    says = (
        f"coalesce(list_contains([{', '.join(map(quote_text, silent))}], {{}}), true)"
        if silent
        else "{} IS NULL"
    )
    [(worked, unkept)] = fetch_rows(
        connection,
        f"SELECT count(*), count(*) FILTER ({says.format('lead_status')}) FROM {LEADS} "
        f"WHERE id IN (SELECT lead_id FROM {STATUS_EVENTS} WHERE NOT {says.format('status')})",
    )
    if unkept > max(MOST_UNKEPT * worked, FEWEST_UNKEPT - 1):
        text = (
            f"{format_count(unkept)} of {format_count(worked)} leads that were worked on by their history still have the "
            "status in which they came; the status of the last event counts, and leads without an event are unknown"
        )
        add_note(connection, _note(table_file(LEADS), LEADS, "older statuses", unkept, text))
    return []


def _may_be_shown(status: str) -> bool:
    """Whether a text looks like a status: short, and without what contacts are made of."""
    return len(status) <= LONGEST_STATUS and "@" not in status and sum(c.isdigit() for c in status) < 4


def _note(file: str, table: str, kind: str, rows: int, text: str) -> Note:
    return Note(file, EXPORT_FILES[table], kind, rows, text)
