"""Clean status events, and what they say about their leads."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import pandas as pd

from leadsmart.cleaning.tables.campaigns import has_contact
from leadsmart.cleaning.tables.outcome import (
    Outcome,
    date_marks,
    first_exits,
    id_marks,
    leave,
    leave_as_duplicates,
    leave_by_date,
)
from leadsmart.cleaning.tables.rules import KEPT
from leadsmart.cleaning.values.dates import parse_moments
from leadsmart.cleaning.values.texts import clean_id, clean_text, is_in, look_up, map_distinct
from leadsmart.params import Params, canonical_status
from leadsmart.vocabulary import KNOWN_STATUSES, STATUS_EVENTS, UNTOUCHED_STATUSES

#: Statuses of so many leads by one user in one minute were not given call by call.
BATCH_LEADS: Final = 3


def clean_events(
    raw: pd.DataFrame,
    leads: pd.DataFrame,
    campaigns: pd.DataFrame,
    params: Params,
    last_day: dt.date,
    names: pd.Series,
) -> Outcome:
    """Clean the status events of a slice.

    Parameters
    ----------
    raw : DataFrame
        Raw rows with their origin, see `Slices.read`.
    leads, campaigns : DataFrame
        Clean tables of the slice.
    params : Params
    last_day : date
        The export's last day.
    names : Series of str
        Of the slice's leads, as exported.

    Returns
    -------
    Outcome
        Rows as `vocabulary.MarketTables` says.
    """
    lead_id = map_distinct(raw["lead_id"], clean_id)
    text = map_distinct(raw["status"], clean_text)
    status = clean_statuses(raw["status"], params.status_aliases)
    moments = parse_moments(raw["created_at"], params.date_order, params.timezone)
    rows = pd.DataFrame({"lead_id": lead_id, "status": status, "changed_at": moments["value"]})
    exits = first_exits(raw, [lead_id])
    exits = leave(exits, "unknown_lead", ~is_in(lead_id, leads["lead_id"]))
    exits = leave(exits, "missing_status", status.isna())
    exits = leave(exits, "contact_in_text", has_contact(text) | is_name(status, names, params))
    exits = leave_by_date(exits, moments, params.platform_start, last_day)
    exits = leave_as_duplicates(exits, rows, "exact_duplicate", ["lead_id", "status", "changed_at"])
    kept = rows[exits.eq(KEPT)]
    is_batch = find_batches(kept, leads, campaigns)
    arrived = look_up(kept["lead_id"], leads.set_index("lead_id")["arrived_at"])
    marks = {
        "id_reformatted": id_marks(raw, {"lead_id": lead_id}),
        **date_marks(moments),
        "status_alias": is_aliased(raw["status"], status),
        "unknown_status": status.notna() & ~status.isin(KNOWN_STATUSES),
        "event_before_lead": (kept["changed_at"] < arrived).reindex(raw.index, fill_value=False),
        "batch_entry": is_batch.reindex(raw.index, fill_value=False),
    }
    spend = pd.Series(0.0, index=raw.index)
    return Outcome(STATUS_EVENTS, kept.assign(is_batch=is_batch), raw, exits, marks, spend)


def clean_statuses(written: pd.Series, aliases: Mapping[str, str]) -> pd.Series:
    """Statuses in the vocabulary's spelling, aliases replaced; missing where none is written."""
    canonical = {canonical_status(other): canonical_status(status) for other, status in aliases.items()}

    def clean(value: str) -> str | None:
        text = clean_text(value)
        if text is None:
            return None
        status = canonical_status(text)
        return canonical.get(status, status)

    return map_distinct(written, clean)


def is_name(statuses: pd.Series, names: pd.Series, params: Params) -> pd.Series:
    """Rows whose status is a lead's name of two words or more: a column that slipped puts it there.

    Parameters
    ----------
    statuses : Series of str
        In the vocabulary's spelling.
    names : Series of str
        Of the slice's leads, as exported.
    params : Params
        A status that it or the vocabulary knows is no name, whatever a lead calls itself.
    """
    stages = [*params.outcome_statuses.values(), *params.funnel_stages.values(), params.deal_statuses]
    known = KNOWN_STATUSES.union(*stages)
    unknown = {status for status in statuses.dropna().unique() if "_" in status and status not in known}
    if unknown:
        unknown &= set(clean_statuses(names, {}).dropna())
    return is_in(statuses, unknown)


def is_aliased(written: pd.Series, statuses: pd.Series) -> pd.Series:
    """Rows whose status was replaced by way of an alias."""
    return statuses.notna() & clean_statuses(written, {}).ne(statuses)


def find_batches(events: pd.DataFrame, leads: pd.DataFrame, campaigns: pd.DataFrame) -> pd.Series:
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


def last_statuses(events: pd.DataFrame) -> pd.Series:
    """Status of each lead's last event; of several at the same moment the last written. Index: lead id."""
    ordered = events.sort_values("changed_at", kind="stable")
    return ordered.drop_duplicates("lead_id", keep="last").set_index("lead_id")["status"]
