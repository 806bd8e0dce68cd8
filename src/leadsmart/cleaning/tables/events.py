"""Clean status events, and what they say about their leads."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Final

import pandas as pd

from leadsmart.cleaning.parsing.file_formats import FileFormats, read_moments
from leadsmart.cleaning.tables.campaigns import has_contact
from leadsmart.cleaning.tables.cleaned_table import (
    CleanedTable,
    clean_ids,
    quarantine_unreadable,
    reformatted_ids,
    remove,
    remove_duplicates,
    repaired_dates,
    unusable_dates,
)
from leadsmart.cleaning.tables.rules import KEPT
from leadsmart.cleaning.values.statuses import known_statuses
from leadsmart.cleaning.values.texts import clean_text, is_in, map_distinct
from leadsmart.market_tables import look_up
from leadsmart.parameter_types import canonical_status
from leadsmart.params import Params
from leadsmart.vocabulary import STATUS_EVENTS, UNTOUCHED_STATUSES

#: Statuses of so many leads by one user in one minute were not given call by call.
BATCH_LEADS: Final = 3
ZERO: Final = pd.Timedelta(0)
#: So many steps back in time are slips, and show no order of a file.
FEW_STEPS: Final = 5


def clean_events(
    raw: pd.DataFrame,
    leads: pd.DataFrame,
    campaigns: pd.DataFrame,
    params: Params,
    last_day: dt.date,
    names: pd.Series,
    formats: FileFormats,
    test_leads: Collection[str] = (),
) -> CleanedTable:
    """Clean the status events of a slice.

    Parameters
    ----------
    raw : DataFrame
        Raw rows with their origin, see `read_rows`.
    leads, campaigns : DataFrame
        Clean tables of the slice.
    params : Params
    last_day : date
        The export's last day.
    names : Series of str
        Of the slice's leads, as exported.
    formats : FileFormats
    test_leads : collection of str
        Ids of leads that a testing tool wrote.

    Returns
    -------
    CleanedTable
        Rows as `market_tables.MarketTables` says.
    """
    ids = clean_ids(raw, "lead_id")
    status = clean_statuses(raw["status"], params.status_aliases)
    moments = read_moments(raw, STATUS_EVENTS, "created_at", params, formats, params.timezone)
    rows = pd.DataFrame({**ids, "status": status, "changed_at": moments["value"]})
    outcomes = remove(
        quarantine_unreadable(raw, ids.values()),
        {
            "test_lead": is_in(ids["lead_id"], test_leads),
            "unknown_lead": ~is_in(ids["lead_id"], leads["lead_id"]),
            "missing_status": status.isna(),
            "contact_in_text": is_contact(raw["status"], status, names, params),
            **unusable_dates(moments, params, last_day),
        },
    )
    outcomes = remove_duplicates(outcomes, rows, "exact_duplicate")
    kept = _in_order_of_time(rows[outcomes.eq(KEPT)])
    is_batch = _find_batches(kept, leads, campaigns)
    arrived = look_up(kept["lead_id"], leads.set_index("lead_id")["arrived_at"])
    matches = {
        **reformatted_ids(raw, ids),
        **repaired_dates(moments),
        "status_alias": is_aliased(raw["status"], status),
        "unknown_status": status.notna() & ~status.isin(known_statuses(params)),
        "event_before_lead": kept["changed_at"] < arrived,
        "batch_entry": is_batch,
    }
    spend = pd.Series(0.0, index=raw.index)
    return CleanedTable(STATUS_EVENTS, kept.assign(is_batch=is_batch), raw, outcomes, matches, spend)


def clean_statuses(written: pd.Series, aliases: Mapping[str, str]) -> pd.Series:
    """Statuses in the vocabulary's spelling, aliases replaced; missing where none is written.

    Parameters
    ----------
    written : Series of str
        As exported.
    aliases : mapping
        Another spelling -> the vocabulary's.

    Returns
    -------
    Series of str
    """
    canonical = {canonical_status(other): canonical_status(status) for other, status in aliases.items()}

    def clean(value: str) -> str | None:
        text = clean_text(value)
        if text is None:
            return None
        status = canonical_status(text)
        return canonical.get(status, status)

    return map_distinct(written, clean)


def is_contact(written: pd.Series, statuses: pd.Series, names: pd.Series, params: Params) -> pd.Series:
    """Rows whose status is an e-mail, a phone or a lead's name: a column that slipped puts it there.

    Parameters
    ----------
    written : Series of str
        As exported.
    statuses : Series of str
        In the vocabulary's spelling, same index.
    names : Series of str
        Of the slice's leads, as exported. Only a name of two words or more counts.
    params : Params
        A status that it or the vocabulary knows is no name, whatever a lead calls itself.

    Returns
    -------
    Series of bool
    """
    known = known_statuses(params)
    unknown = {status for status in statuses.dropna().unique() if "_" in status and status not in known}
    if unknown:
        unknown &= set(clean_statuses(names, {}).dropna())
    return has_contact(map_distinct(written, clean_text)) | is_in(statuses, unknown)


def is_aliased(written: pd.Series, statuses: pd.Series) -> pd.Series:
    """Rows whose status was replaced by way of an alias.

    Parameters
    ----------
    written : Series of str
        As exported.
    statuses : Series of str
        See `clean_statuses`.

    Returns
    -------
    Series of bool
    """
    return statuses.notna() & clean_statuses(written, {}).ne(statuses)


def _find_batches(events: pd.DataFrame, leads: pd.DataFrame, campaigns: pd.DataFrame) -> pd.Series:
    """Events that a user entered together with those of at least two other leads in the same minute.

    Statuses that the platform itself writes on arrival don't count.
    """
    campaign = look_up(events["lead_id"], leads.set_index("lead_id")["campaign_id"])
    frame = pd.DataFrame(
        {
            "user": look_up(campaign, campaigns.set_index("campaign_id")["user_id"]),
            "minute": events["changed_at"].dt.tz_convert("UTC").dt.floor("min"),
            "lead": events["lead_id"],
        }
    )
    frame = frame[~events["status"].isin(UNTOUCHED_STATUSES)]
    together = frame.groupby(["user", "minute"], sort=False)["lead"].transform("nunique")
    return together.ge(BATCH_LEADS).reindex(events.index, fill_value=False).astype(bool)


def _in_order_of_time(events: pd.DataFrame) -> pd.DataFrame:
    """Events of a file that lists the newest first, turned round: those of one moment keep their order in time."""
    steps = events.groupby("lead_id", sort=False)["changed_at"].diff()
    backward, forward = int((steps < ZERO).sum()), int((steps > ZERO).sum())
    return events[::-1] if backward > max(forward, FEW_STEPS) else events
